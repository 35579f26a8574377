#!/bin/sh
# Makes a machine an IoT Edge 1.6 device, or stops being one. Runs as root, any number of times: what is done already is
# left alone, and what was interrupted is finished.
#
#   device-setup.sh install <architecture> <camera source kind>   < config.toml
#   device-setup.sh remove
#
# The configuration holds the device's key, so it comes on stdin and never on a command line or in the log.
# EDGE_VISION_ROOT and the two addresses are for tests and for places without internet.
set -eu

ROOT=${EDGE_VISION_ROOT:-}
PACKAGES=${EDGE_VISION_PACKAGES:-https://packages.microsoft.com/config}
RELEASES=${EDGE_VISION_RELEASES:-https://github.com/Azure/azure-iotedge/releases/download/1.6.0}
VERSION=1.6
CONFIG=$ROOT/etc/aziot/config.toml
APPLIED=$ROOT/etc/aziot/.edge-vision-applied
LOCK=$ROOT/run/lock/edge-vision-setup.lock

say() { echo "edge-vision: $*"; }
fail() {
  echo "edge-vision: $*" >&2
  exit 1
}

# A lost connection must not end an installation half-way; the next run waits for this one.
trap '' HUP PIPE
umask 022
mkdir -p "$ROOT/run/lock"
exec 9>"$LOCK"
flock -w 900 9 || fail "another setup of this device is still running after 15 minutes"

apt() {
  DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 -o Dpkg::Options::=--force-confold "$@" </dev/null
}
installed() { dpkg-query -W -f '${Status} ${Version}' "$1" 2>/dev/null | grep -q "^install ok installed $2"; }
available() { apt-cache policy "$1" 2>/dev/null | grep -q "Candidate: *${2:-[^( ]}"; }

check_system() {
  [ -r "$ROOT/etc/os-release" ] || fail "no /etc/os-release: not a supported system"
  # In a shell of its own: the file sets VERSION, among others.
  # shellcheck source=/dev/null
  system=$(. "$ROOT/etc/os-release" && echo "${ID:-?}:${VERSION_ID:-?}")
  case "$system" in
    debian:12 | raspbian:12) DISTRIBUTION=debian/12 LABEL=debian12 ;;
    ubuntu:22.04) DISTRIBUTION=ubuntu/22.04 LABEL=ubuntu22.04 ;;
    ubuntu:24.04) DISTRIBUTION=ubuntu/24.04 LABEL=ubuntu24.04 ;;
    *) fail "system ${system%%:*} ${system#*:} is not supported; IoT Edge 1.6 runs on Debian 12 (and Raspberry Pi OS 12), Ubuntu 22.04 and 24.04" ;;
  esac
  DPKG_ARCHITECTURE=$(dpkg --print-architecture)
  case "$DPKG_ARCHITECTURE" in
    amd64) found=amd64 ;;
    arm64) found=arm64v8 ;;
    armhf) found=arm32v7 ;;
    *) found=$DPKG_ARCHITECTURE ;;
  esac
  [ "$found" = "$1" ] || fail "the device is $found, the stack's configuration says $1"
}

check_camera() {
  # The legacy camera interface went with Raspberry Pi OS 11; IoT Edge 1.6 needs 12.
  [ "$1" != raspivid ] || fail "camera source raspivid: needs the legacy camera stack, which this system no longer has; use rpicam:"
}

enable_camera() {
  [ "$1" = rpicam ] || return 0
  for boot in "$ROOT/boot/firmware/config.txt" "$ROOT/boot/config.txt"; do
    [ -f "$boot" ] || continue
    grep -q '^camera_auto_detect=1' "$boot" && return 0
    sed '/^camera_auto_detect=/d; /^start_x=/d' "$boot" >"$boot.new"
    printf 'camera_auto_detect=1\n' >>"$boot.new"
    mv "$boot.new" "$boot"
    say "camera enabled in $boot; it works after the next reboot"
    return 0
  done
}

add_packages() {
  installed packages-microsoft-prod '' && return 0
  file=$(mktemp --suffix=.deb)
  curl -fsSL --retry 5 -o "$file" "$PACKAGES/$DISTRIBUTION/packages-microsoft-prod.deb" </dev/null ||
    fail "cannot download $PACKAGES/$DISTRIBUTION/packages-microsoft-prod.deb"
  dpkg -i "$file" </dev/null
  rm -f "$file"
  say "Microsoft's packages added"
}

# The engine comes first: aziot-edge refuses to be unpacked without the group docker.
install_engine() {
  installed moby-engine '' || installed docker.io '' || installed docker-ce '' && return 0
  if available moby-engine; then apt install moby-engine; else apt install docker.io; fi
  say "container engine installed"
}

install_edge() {
  installed aziot-edge "$VERSION" && return 0
  if available aziot-edge "$VERSION"; then
    apt install "aziot-identity-service=$VERSION*" "aziot-edge=$VERSION*"
  else
    # Not every feed has every architecture; the releases have.
    folder=$(mktemp -d)
    for package in aziot-identity-service aziot-edge; do
      file=${package}_$VERSION.0-1_${LABEL}_$DPKG_ARCHITECTURE.deb
      curl -fsSL --retry 5 -o "$folder/$file" "$RELEASES/$file" </dev/null || fail "cannot download $RELEASES/$file"
      apt install "$folder/$file"
    done
    rm -rf "$folder"
  fi
  say "aziot-edge $VERSION installed"
}

# Written beside and moved, so that there is never half a file; applied once for each content, also after a reboot.
configure() {
  new=$(mktemp "$CONFIG.XXXXXX")
  cat >"$new"
  [ -s "$new" ] || { rm -f "$new"; fail "no configuration on stdin"; }
  hash=$(sha256sum <"$new")
  if [ -f "$CONFIG" ] && [ "$(sha256sum <"$CONFIG")" = "$hash" ]; then
    rm -f "$new"
  else
    chmod 0600 "$new"
    mv "$new" "$CONFIG"
    say "configuration written"
  fi
  [ "$(cat "$APPLIED" 2>/dev/null)" = "$hash" ] && return 0
  iotedge config apply </dev/null
  printf '%s\n' "$hash" >"$APPLIED"
  say "configuration applied"
}

install_device() {
  [ "$(id -u)" = 0 ] || fail "must run as root"
  check_system "$1"
  check_camera "$2"
  dpkg --configure -a </dev/null
  if ! installed aziot-edge "$VERSION"; then
    add_packages
    apt update
    install_engine
    install_edge
  fi
  enable_camera "$2"
  mkdir -p "$ROOT/etc/aziot"
  configure
  # The first check may come before the modules; what it finds is shown and is no reason to start over.
  iotedge check </dev/null || say "iotedge check found errors, see above; run it again when the modules are there"
  say "done"
}

# Stops and removes what the runtime started; the system and its packages stay.
remove_device() {
  if command -v iotedge >/dev/null; then iotedge system stop </dev/null || true; fi
  if command -v docker >/dev/null; then
    containers=$(docker ps -aq --filter label=net.azure-devices.edge.owner=Microsoft.Azure.Devices.Edge.Agent)
    # shellcheck disable=SC2086 # one word for each container
    [ -z "$containers" ] || docker rm -f $containers
  fi
  rm -f "$CONFIG" "$APPLIED"
  say "modules removed"
}

case "${1:-}" in
  install) install_device "${2:?architecture}" "${3:?camera source kind}" ;;
  remove) remove_device ;;
  *) fail "unknown command '${1:-}'; known are install and remove" ;;
esac
