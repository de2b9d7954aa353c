#!/usr/bin/env bash
# Installs a released grader and puts it on the path of later steps. Nothing is unpacked that does not have the checksum
# its release names; IN_SHA256 pins one that does not come from the same place.
set -euo pipefail

fail() {
  printf '::error title=the grader could not be installed::%s\n' "${1//[$'\r\n']/ }"
  exit 3
}

into=${RUNNER_TEMP:-${TMPDIR:-/tmp}}/grader-bin
mkdir -p "$into"

if [ "${IN_BUILD:-false}" = true ]; then
  cargo install --locked --path "$GITHUB_ACTION_PATH/../grader" --root "$into" || fail "it does not compile here"
  echo "$into/bin" >>"$GITHUB_PATH"
  exit
fi

case "$(uname -s)-$(uname -m)" in
Linux-x86_64) target=x86_64-unknown-linux-musl ;;
Linux-aarch64 | Linux-arm64) target=aarch64-unknown-linux-musl ;;
Darwin-arm64) target=aarch64-apple-darwin ;;
Darwin-x86_64) target=x86_64-apple-darwin ;;
*) fail "there is no release for $(uname -s) on $(uname -m); try build: true" ;;
esac

version=${IN_VERSION:-latest}
[[ $version =~ ^[A-Za-z0-9][A-Za-z0-9._+-]*$ ]] || fail "no version is called so; try latest, or v1.2.3"
releases=${GITHUB_SERVER_URL:-https://github.com}/${IN_REPOSITORY:-${GITHUB_REPOSITORY:-}}/releases
case ${IN_SOURCE:-} in
'') [ "$version" = latest ] && source=$releases/latest/download || source=$releases/download/$version ;;
*) source=${IN_SOURCE%/} ;;
esac

archive=grader-$target.tar.gz
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
get() {
  curl --fail --silent --show-error --location --retry 3 --proto '=https,file' --proto-redir '=https' \
    --output "$scratch/$1" "$source/$1" || fail "$source/$1 cannot be had; try another version, or build: true"
}

get "$archive"
expected=${IN_SHA256:-}
if [ -z "$expected" ]; then
  get SHA256SUMS
  expected=$(awk -v archive="$archive" '$2 == archive || $2 == "*" archive { print $1; exit }' "$scratch/SHA256SUMS")
fi
[[ $expected =~ ^[0-9a-fA-F]{64}$ ]] || fail "the release names no checksum for $archive"
if command -v sha256sum >/dev/null; then
  actual=$(sha256sum "$scratch/$archive")
else
  actual=$(shasum -a 256 "$scratch/$archive")
fi
actual=${actual%% *}
[ "$actual" = "$(printf %s "$expected" | tr 'A-F' 'a-f')" ] ||
  fail "$archive has the checksum $actual and not $expected: it is not what was released"

tar -xzf "$scratch/$archive" -C "$into" grader
echo "$into" >>"$GITHUB_PATH"
"$into/grader" --version
