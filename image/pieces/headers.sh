# What the kernel tells user space: musl brings none of it.
# pieces: linux

make -s -C "$(piece linux)" O="$PWD/headers" INSTALL_HDR_PATH="$OUT" ARCH=x86 headers_install
