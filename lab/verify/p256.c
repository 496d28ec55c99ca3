/* SPDX-License-Identifier: MIT */
/* ECDSA on P-256, which libsodium does not have. */
#include <mbedtls/ecdsa.h>

#include "lab/verify/quote.h"

static bool is_on_curve(const mbedtls_ecp_group *group, mbedtls_ecp_point *point, const uint8_t *x,
			const uint8_t *y)
{
	uint8_t both[65] = { 4 }; /* uncompressed (SEC 1, 2.3.3) */

	for (size_t i = 0; i < 32; i++) {
		both[1 + i] = x[i];
		both[33 + i] = y[i];
	}
	return !mbedtls_ecp_point_read_binary(group, point, both, sizeof(both)) &&
	       !mbedtls_ecp_check_pubkey(group, point);
}

bool p256_holds(const uint8_t x[32], const uint8_t y[32], const uint8_t r[32], const uint8_t s[32],
		const uint8_t digest[32])
{
	mbedtls_ecp_group group;
	mbedtls_ecp_point point;
	mbedtls_mpi first, second;
	bool holds;

	mbedtls_ecp_group_init(&group);
	mbedtls_ecp_point_init(&point);
	mbedtls_mpi_init(&first);
	mbedtls_mpi_init(&second);
	holds = !mbedtls_ecp_group_load(&group, MBEDTLS_ECP_DP_SECP256R1) &&
		is_on_curve(&group, &point, x, y) && !mbedtls_mpi_read_binary(&first, r, 32) &&
		!mbedtls_mpi_read_binary(&second, s, 32) &&
		!mbedtls_ecdsa_verify(&group, digest, 32, &point, &first, &second);
	mbedtls_mpi_free(&second);
	mbedtls_mpi_free(&first);
	mbedtls_ecp_point_free(&point);
	mbedtls_ecp_group_free(&group);
	return holds;
}
