#!/bin/sh
# Installs what the build needs and does not find: Debian packages by apt, npm packages by npm ci. Installs nothing when nothing is
# missing. This is a shell script because it runs before there is anything to run TypeScript with.
set -eu
cd "$(dirname "$0")/.."

node_needed=20.19

# What is looked for, and the Debian package that has it.
missing=
need() {
  case $1 in
    /*) [ -e "$1" ] && return ;;
    *) command -v "$1" > /dev/null && return ;;
  esac
  missing="$missing $2"
}
need nasm nasm
need gcc gcc
need make make
need ld binutils
need gdb gdb
need grub-mkimage grub-common
need /usr/lib/grub/i386-pc/boot.img grub-pc-bin
need /usr/lib/grub/x86_64-efi/moddep.lst grub-efi-amd64-bin
need xorriso xorriso
need mformat mtools
need qemu-system-x86_64 qemu-system-x86
need /usr/share/OVMF/OVMF_CODE.fd ovmf
need bochs bochs
need "/usr/lib/$(uname -m)-linux-gnu/bochs/plugins/libbx_term_gui.so" bochs-term
need /usr/share/bochs/BIOS-bochs-latest bochsbios
need /usr/share/bochs/VGABIOS-lgpl-latest vgabios
need iasl acpica-tools
need cpio cpio
need xz xz-utils
need /sbin/mke2fs e2fsprogs

if [ -n "$missing" ]; then
  echo "Not found:$missing"
  if ! command -v apt-get > /dev/null; then
    echo "This is no Debian: install these by hand (the names are Debian's packages), then call make again." >&2
    exit 1
  fi
  as_root=
  if [ "$(id -u)" != 0 ]; then
    if ! command -v sudo > /dev/null; then
      echo "Call this as root: apt-get update && apt-get install --no-install-recommends$missing" >&2
      exit 1
    fi
    as_root=sudo
  fi
  echo "Installing them: apt-get install --no-install-recommends$missing"
  $as_root apt-get update -qq
  # shellcheck disable=SC2086 # a list of words
  DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends $missing
fi

if ! command -v node > /dev/null || ! command -v npm > /dev/null; then
  echo "Node.js $node_needed or newer with npm is needed and not here: https://nodejs.org/en/download has it." >&2
  exit 1
fi
if ! node -e "
  const [major, minor] = process.versions.node.split('.').map(Number)
  const [needMajor, needMinor] = '$node_needed'.split('.').map(Number)
  process.exit(major > needMajor || (major === needMajor && minor >= needMinor) ? 0 : 1)"; then
  echo "Node.js $node_needed or newer is needed, and this is $(node --version): https://nodejs.org/en/download has it." >&2
  exit 1
fi

if ! npm ls --all > /dev/null 2>&1; then
  echo "Installing the npm packages of package-lock.json: npm ci"
  npm ci --no-progress
fi
