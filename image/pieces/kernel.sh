# The kernel's object tree, configured from config/kernel/ and linked once with an empty initramfs. Making an image puts the real
# one in its place (image/link.sh), which compiles nothing but that.
# pieces: linux gen_init_cpio
# files: config/kernel/*.config image/check-config.sh image/kernel-make.sh image/zstd.sh
# tools: gcc ld zstd

cat "$ROOT"/config/kernel/*.config > fragments.config
"$(piece gen_init_cpio)/gen_init_cpio" -t 0 /dev/null > "$OUT/assay.cpio"
kernel_make="$ROOT/image/kernel-make.sh $(piece linux) $OUT"
KCONFIG_ALLCONFIG="$PWD/fragments.config" $kernel_make allnoconfig
"$ROOT/image/check-config.sh" "$OUT/.config" "$ROOT"/config/kernel/*.config
$kernel_make bzImage
