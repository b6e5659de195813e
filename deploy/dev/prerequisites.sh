#!/bin/sh
# Sees to it that this machine has what the tests need beside Python: a browser, an MQTT broker that
# is not ours, a Chinese font, venv support (Node is the business of `make node`).  Installs what is
# missing (Debian family, as root or by `sudo -n`); where it may not, lists what to install and
# exits 1.  With everything there it does nothing.
#
#   prerequisites.sh          install what is missing
#   prerequisites.sh --list   only name it, one Debian package a line
set -eu

# Debian keeps daemons where an ordinary user's PATH does not look.
PATH=$PATH:/usr/sbin:/sbin
export PATH

has() { command -v "$1" >/dev/null 2>&1; }

missing_packages() {
    has chromium || has chromium-browser || has google-chrome || echo chromium
    has mosquitto || echo mosquitto
    # Another interpreter than the system's brings its own; `make` says what is wrong with that one.
    [ "${PYTHON:-python3}" != python3 ] || ! has python3 || python3 -c 'import ensurepip, venv' 2>/dev/null ||
        echo python3-venv
    has_chinese_font || echo fonts-noto-cjk
}

has_chinese_font() {
    if has fc-list; then
        [ -n "$(fc-list :lang=zh-cn family 2>/dev/null | head -n 1)" ]
    else
        ls /usr/share/fonts/*/noto/NotoSansCJK* >/dev/null 2>&1
    fi
}

missing=$(missing_packages)
if [ "${1:-}" = --list ]; then
    [ -z "$missing" ] || printf '%s\n' "$missing"
    exit 0
fi
[ -n "$missing" ] || exit 0
names=$(echo $missing)

give_up() {
    printf '%s\n' "$1" "Missing on this machine: $names" \
        "Mend: install them (Debian, Ubuntu: apt-get install $names), then try again." >&2
    exit 1
}

has apt-get || give_up "This machine has no apt-get, so nothing was installed."
as_root=
if [ "$(id -u)" -ne 0 ]; then
    { has sudo && sudo -n true 2>/dev/null; } ||
        give_up "Installing system packages needs root, and sudo asks for a password."
    as_root="sudo -n"
fi

# The package's own mosquitto service would take port 1883; the tests start brokers themselves, on
# free ports.  Debian's way to say "start nothing" is policy-rc.d; somebody else's is left alone.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' | $as_root tee "$policy" >/dev/null
    $as_root chmod 755 "$policy"
    trap '$as_root rm -f "$policy"' EXIT
    trap 'exit 130' INT TERM
fi

install="$as_root env DEBIAN_FRONTEND=noninteractive apt-get -y -qq"
# shellcheck disable=SC2086 # the command and the names are lists of words
{
    $install update
    $install install --no-install-recommends $names
} </dev/null || give_up "apt-get did not succeed (its own words stand above)."

missing=$(missing_packages)
names=$(echo $missing)
[ -z "$missing" ] || give_up "The packages were installed, yet something is still not found."
