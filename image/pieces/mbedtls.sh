# ECDSA on P-256, with which a TPM signs its quote: what `assay verify` needs at the desk, and nothing else of Mbed TLS. The same library as
# the unit tests link from Debian.
# sources: mbedtls
# tools: gcc musl-gcc

unpack mbedtls
cd mbedtls
cat > include/mbedtls/config.h << 'CONFIG'
#ifndef MBEDTLS_CONFIG_H
#define MBEDTLS_CONFIG_H
#define MBEDTLS_HAVE_ASM
#define MBEDTLS_BIGNUM_C
#define MBEDTLS_ASN1_PARSE_C
#define MBEDTLS_ASN1_WRITE_C
#define MBEDTLS_ECP_C
#define MBEDTLS_ECP_DP_SECP256R1_ENABLED
#define MBEDTLS_ECP_NIST_OPTIM
#define MBEDTLS_ECP_NO_INTERNAL_RNG
#define MBEDTLS_ECDSA_C
#include "mbedtls/check_config.h"
#endif
CONFIG
for part in asn1parse asn1write bignum constant_time ecdsa ecp ecp_curves platform_util; do
	musl-gcc -std=c99 -O2 -ffunction-sections -fdata-sections -Iinclude -Ilibrary -c "library/$part.c" -o "$part.o"
done
mkdir -p "$OUT/include" "$OUT/lib"
ar rcsD "$OUT/lib/libmbedcrypto.a" *.o
cp -r include/mbedtls "$OUT/include"
