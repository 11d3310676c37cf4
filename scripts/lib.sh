# Shared by scripts/run, scripts/test and scripts/bench: makes this checkout's own environment, once.
# A later call costs a second: it looks at a stamp of setup.cfg.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root" || exit 1
export PYTHONPATH= PYTHONNOUSERSITE=1
debian_packages="xvfb libgl1 libgl1-mesa-dri libegl1 libgles2 fonts-wqy-microhei"

say() { printf '%s\n' "$*" >&2; }

need_debian() {
    command -v dpkg-query >/dev/null || return 0
    local missing="" package
    for package in $debian_packages; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
    done
    python3 -c 'import ensurepip, venv' 2>/dev/null || missing="$missing python3-venv"
    [ -z "$missing" ] && return 0
    local as=""
    if [ "$(id -u)" != 0 ]; then
        if sudo -n true 2>/dev/null; then as="sudo"; else
            say "These Debian packages are missing, and neither root nor sudo is at hand. Install them, then try again:"
            say "    apt-get install --no-install-recommends$missing"
            exit 1
        fi
    fi
    say "Installing Debian packages:$missing"
    $as apt-get update -qq >&2 || say "apt-get update failed; trying with the lists that are here"
    $as env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >&2 || {
        say "Debian would not install:$missing. Install them by hand, then try again."
        exit 1
    }
}

find_python() {
    local candidate
    for candidate in python3.11 python3 python3.12 python3.13; do
        if command -v "$candidate" >/dev/null && "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
            command -v "$candidate"
            return 0
        fi
    done
    say "lanekit needs Python 3.11 or newer: apt-get install python3 python3-venv"
    exit 1
}

need_python() {
    local stamp=.venv/lanekit.stamp now python
    now=$(cat setup.cfg pyproject.toml scripts/lib.sh | sha256sum)
    if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$now" ]; then return 0; fi
    python=$(find_python) || exit 1
    [ -x .venv/bin/python ] || { say "Making .venv with $python"; "$python" -m venv .venv || exit 1; }
    say "Installing Python packages into .venv (a minute, the first time)"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check -e '.[gateway,ui,simulators,dev]' >&2 || {
        say "pip could not install lanekit's Python packages: its last lines say why."
        exit 1
    }
    printf '%s' "$now" >"$stamp"
}

need_debian
need_python
export PATH="$root/.venv/bin:$PATH" VIRTUAL_ENV="$root/.venv"
