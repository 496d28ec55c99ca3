/* SPDX-License-Identifier: MIT */
/* The timed loops of iozone's tests: records.h says what they are given. */
#ifndef ASSAY_ENGINE_IOZONE_WALKS_H
#define ASSAY_ENGINE_IOZONE_WALKS_H

#include "bench/engine/iozone/records.h"

int walk_write(struct records *records, int fd, uint64_t from, uint64_t to);
int walk_read(struct records *records, int fd, uint64_t from, uint64_t to);
int walk_random_read(struct records *records, int fd, uint64_t from, uint64_t to);
int walk_random_write(struct records *records, int fd, uint64_t from, uint64_t to);
int walk_backward(struct records *records, int fd, uint64_t from, uint64_t to);
int walk_rewrite(struct records *records, int fd, uint64_t from, uint64_t to);
int walk_stride(struct records *records, int fd, uint64_t from, uint64_t to);
int walk_fwrite(struct records *records, int fd, uint64_t from, uint64_t to);
int walk_fread(struct records *records, int fd, uint64_t from, uint64_t to);
int walk_pwrite(struct records *records, int fd, uint64_t from, uint64_t to);
int walk_pread(struct records *records, int fd, uint64_t from, uint64_t to);

/* The record that an operation touches. */
uint64_t record_forward(struct records *records, uint64_t operation);
uint64_t record_random(struct records *records, uint64_t operation);
uint64_t record_backward(struct records *records, uint64_t operation);
uint64_t record_first(struct records *records, uint64_t operation);
uint64_t record_stride(struct records *records, uint64_t operation);

#endif
