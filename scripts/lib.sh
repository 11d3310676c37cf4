# Shared by the scripts beside it: makes this checkout's own environment in .venv, once. A later call takes a moment.
# As root, or where sudo asks for no password, it installs Debian packages too; else it says which are missing.

[ -e /proc/self/fd/0 ] || exec </dev/null # else the next file that is opened becomes the standard input
unset CDPATH
LANE_CALLED_FROM=$PWD
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root" || exit 1
# UTF-8 whatever the locale says; nothing of the caller's Python reaches into ours.
export LANE_CALLED_FROM PYTHONUTF8=1 PYTHONPATH= PYTHONNOUSERSITE=1
unset PYTHONHOME PYTHONIOENCODING
debian_packages="systemd xvfb libgl1 libgl1-mesa-dri libegl1 libgles2 libxtst6 fonts-wqy-microhei postgresql"
# CI looks at the gateway's page in a browser too. It takes 370 MB: elsewhere that test is skipped where there is none.
[ "${CI:-}" = true ] && ! command -v chromium google-chrome >/dev/null && debian_packages="$debian_packages chromium"

say() { printf '%s\n' "$*" >&2; }

# Runs a command that talks a lot: what it said is shown only where it fails.
quietly() {
    local said
    said=$("$@" 2>&1 </dev/null) || {
        say "$(printf '%s\n' "$said" | tail -n 30)"
        return 1
    }
}

find_python() {
    local candidate
    for candidate in python3.11 python3 python3.12 python3.13; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return 0
        fi
    done
    return 1
}

need_debian() {
    command -v dpkg-query >/dev/null || return 0
    local missing="" package python as=""
    for package in $debian_packages; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
    done
    python=$(find_python) && "$python" -c 'import ensurepip, venv' 2>/dev/null || missing="$missing python3 python3-venv"
    [ -z "$missing" ] && return 0
    if [ "$(id -u)" != 0 ]; then
        as="sudo"
        sudo -n true 2>/dev/null || {
            say "These Debian packages are missing, and neither root nor sudo is at hand. Install them, then try again:"
            say "    apt-get install --no-install-recommends$missing"
            exit 1
        }
    fi
    say "Installing Debian packages:$missing"
    quietly $as apt-get update -qq || say "apt-get update failed; trying with the lists that are here"
    quietly $as env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing || {
        say "Debian would not install:$missing. Install them by hand, then try again."
        exit 1
    }
}

# Is .venv this checkout's own, of a Python that is new enough and still there?
venv_is_ours() {
    .venv/bin/python -c 'import sys, pip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null &&
        grep -qF "$root/.venv" .venv/bin/activate
}

need_python() {
    local stamp=.venv/lanekit.stamp now python
    now=$(cat setup.cfg pyproject.toml scripts/lib.sh | sha256sum)
    if venv_is_ours; then
        [ "$(cat "$stamp" 2>/dev/null)" = "$now" ] && return 0
    else
        python=$(find_python) || {
            say "lanekit needs Python 3.11 or newer: apt-get install python3 python3-venv"
            exit 1
        }
        say "Making .venv with $python"
        quietly "$python" -m venv --clear .venv || exit 1
    fi
    say "Installing Python packages into .venv (half a minute, the first time)"
    quietly .venv/bin/python -m pip install -q --disable-pip-version-check -e '.[gateway,ui,simulators,dev]' || {
        say "pip could not install lanekit's Python packages: the lines above say why."
        exit 1
    }
    printf '%s' "$now" >"$stamp"
}

need_debian
# Two scripts at once on a fresh checkout: the second waits until the first has made .venv.
(flock 9 && need_python) 9<setup.cfg || exit 1
export PATH="$root/.venv/bin:$PATH" VIRTUAL_ENV="$root/.venv"
