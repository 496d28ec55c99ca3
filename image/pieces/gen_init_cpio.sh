# The kernel's own writer of initramfs archives: takes a text list, needs no root, leaves no time of day in the result.
# pieces: linux
# tools: gcc

gcc -O2 -o "$OUT/gen_init_cpio" "$(piece linux)/usr/gen_init_cpio.c"
