# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# The Debian packages we need, for tools/quickstart and tests/run to source.

# To build everything, and to run it.
# shellcheck disable=SC2034 # for who sources this
PACKAGES_BUILD=(
	fuse3
	gcc
	libbsd-dev
	libc6-dev
	libcap-ng-dev
	libelf-dev
	libev-dev
	libfuse3-dev
	libinih-dev
	libjson-c-dev
	libseccomp-dev
	meson
	ninja-build
	pkg-config
)

# To test it as well: Check, the other compiler, the other architecture, the other
# word size (gcc-multilib would conflict with gcc-aarch64-linux-gnu), a kernel
# with cuse.ko.
# shellcheck disable=SC2034
PACKAGES_TEST=(
	check
	clang
	gcc-aarch64-linux-gnu
	gdb
	lib32gcc-12-dev
	libc6-dev-arm64-cross
	libc6-dev-i386
	libclang-rt-14-dev
	make
	qemu-user-static
	shellcheck
	user-mode-linux
)

package_missing() {
	local status
	status=$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) &&
		[ "$status" = installed ] && return 1
	# pkgconf provides pkg-config, say.
	dpkg-query -W -f '${db:Status-Status} ${Provides}\n' 2>/dev/null |
		grep -Eq "^installed (.*, )?$1( |,|\$)" && return 1
	return 0
}

# install_missing PACKAGE...
#
# Install those that are not there. As an ordinary user, or where there is no
# apt: name them in one line and fail.
install_missing() {
	local package missing=()

	if ! command -v dpkg-query >/dev/null; then
		echo "not a Debian system: what these packages have must be" \
			"there already: $*" >&2
		return 0
	fi

	for package; do
		if package_missing "$package"; then
			missing+=("$package")
		fi
	done
	[ ${#missing[@]} -eq 0 ] && return 0

	if [ "$(id -u)" -ne 0 ]; then
		echo "${0##*/}: missing packages, have root install them:" \
			"apt install ${missing[*]}" >&2
		return 1
	fi

	echo "installing: ${missing[*]}"
	if ! apt_get install "${missing[@]}"; then
		# The lists may be missing or old.
		apt_get update && apt_get install "${missing[@]}"
	fi
}

# Quiet, but for what goes wrong.
apt_get() {
	local log ret=0

	log=$(mktemp)
	DEBIAN_FRONTEND=noninteractive apt-get -qq -y \
		--no-install-recommends "$@" >"$log" 2>&1 </dev/null || ret=$?
	if [ "$ret" -ne 0 ]; then
		tail -n 5 "$log" >&2
	fi
	rm -f "$log"
	return "$ret"
}
