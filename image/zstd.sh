#!/bin/sh
# zstd.sh - the kernel's build asks for level 22, which takes 16 seconds at every change of the initramfs and saves a megabyte; level
# 12 takes one. The kernel unpacks both equally fast. A fixed number of threads, as it shows in the bytes.
exec zstd -q -12 -T2 -c
