#!/usr/bin/env bash
# Runs all tests in Release: ./tests/run.sh
#
# First it sees to the programs that end-to-end tests use. As root with apt it installs those that are missing; otherwise it
# names them, and the tests that need them are skipped, each with its reason. Ends with "N passed, N failed, N skipped".
# With --programs it does only that.
set -euo pipefail
cd "$(dirname "$0")/.."
results=$PWD/artifacts/tests
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
export PATH=$PATH:/usr/sbin:/sbin

section() { printf '\n== %s\n' "$*"; }

# program:package, or a file of it (a glob) where it has no program
needed=(
    unbound:unbound dnsmasq:dnsmasq-base python3:python3 openssl:openssl sslscan:sslscan
    postfix:postfix smtp-source:postfix smtp-sink:postfix '/usr/lib/*/sasl2/libplain.so:libsasl2-modules'
    dovecot:dovecot-core /usr/lib/dovecot/imap:dovecot-imapd /usr/lib/dovecot/lmtp:dovecot-lmtpd
    '/usr/lib/postgresql/*/bin/initdb:postgresql'
    promtool:prometheus swaks:swaks '/usr/lib/*/perl5/*/Net/SSLeay.pm:libnet-ssleay-perl' msmtp:msmtp
    chromium-headless-shell:chromium-headless-shell
)

# Debian has one mail transfer agent at a time, and that is Postfix here. Exim is unpacked beside it (EximInstance knows where);
# what it links to is installed as usual.
exim=/var/cache/mta-tests/exim
exim_libraries=(adduser libdb5.3 libgnutls-dane0 libgnutls30 libidn12 libidn2-0 libnsl2 libpcre2-8-0)

present() {
    case $1 in
    /*) compgen -G "$1" ;;
    *) command -v "$1" ;;
    esac >/dev/null
}

missing_packages() {
    local entry
    {
        for entry in "${needed[@]}"; do
            present "${entry%%:*}" || echo "${entry##*:}"
        done
        present exim4 || $exim/usr/sbin/exim4 -C /dev/null -bV &>/dev/null || echo exim4-daemon-light
    } | sort -u
}

# It wants an account of its own even to say its version.
unpack_exim() {
    local download
    id -u Debian-exim &>/dev/null ||
        adduser --allow-bad-names --system --quiet --group --no-create-home --home /nonexistent --disabled-login Debian-exim ||
        return
    download=$(mktemp -d) && chmod 777 "$download" || return
    (cd "$download" && apt-get download -q exim4-daemon-light) &&
        rm -rf "$exim" && mkdir -p "$exim" && dpkg -x "$download"/exim4-daemon-light_*.deb "$exim"
    rm -rf "$download"
}

# Daemons of freshly installed packages stay off: the tests start their own, on ports of their own.
install_packages() {
    local guard=/usr/sbin/policy-rc.d placed=no status=0 package packages=() unpack=no
    for package; do
        case $package in
        exim4-*) unpack=yes packages+=("${exim_libraries[@]}") ;;
        *) packages+=("$package") ;;
        esac
    done
    if [[ ! -e $guard ]]; then
        printf '#!/bin/sh\nexit 101\n' >$guard
        chmod +x $guard
        placed=yes
        # Interrupted, the machine must not be left with daemons that cannot start.
        trap "rm -f $guard" EXIT
    fi
    {
        apt-get update -q &&
            echo 'postfix postfix/main_mailer_type select No configuration' | debconf-set-selections &&
            DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${packages[@]}" &&
            { [[ $unpack == no ]] || unpack_exim; }
    } || status=$?
    [[ $placed == no ]] || rm -f $guard
    return $status
}

section "Programs that tests use"
mapfile -t missing < <(missing_packages)
if ((${#missing[@]})); then
    echo "missing: ${missing[*]}"
    if [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
        install_packages "${missing[@]}" >"${TMPDIR:-/tmp}/mta-tests-apt.log" 2>&1 ||
            { tail -5 "${TMPDIR:-/tmp}/mta-tests-apt.log"; echo "not installed: the tests that need them are skipped"; }
        mapfile -t missing < <(missing_packages)
        ((${#missing[@]})) || echo "installed"
    else
        echo "not root, or no apt-get: the tests that need them are skipped"
    fi
else
    echo "all there"
fi
[[ $(id -u) == 0 ]] || echo "not root: tests with Postfix, Exim, Dovecot or a full disk are skipped"

# .ci/run has this done while it restores.
[[ ${1:-} != --programs ]] || exit 0

section "Build (Release)"
dotnet build Actors.Mta.sln -c Release -v quiet

# One project after the other: each uses all the processors by itself.
rm -rf "$results"
failed_runs=0
for project in tests/*.Tests/*.csproj; do
    name=$(basename "$project" .csproj)
    section "$name"
    dotnet test "$project" -c Release --no-build --filter 'Category!=Long' \
        --results-directory "$results" --logger "trx;LogFileName=$name.trx" --logger 'console;verbosity=minimal' ||
        failed_runs=$((failed_runs + 1))
done

# The counters of a result file: passed, failed, skipped.
counter() {
    local total=0 file value
    for file in "$results"/*.trx; do
        value=$(sed -n "s/.*<Counters [^>]*$1=\"\([0-9]*\)\".*/\1/p" "$file" | head -1)
        total=$((total + ${value:-0}))
    done
    echo $total
}

section "Skipped"
cat "$results"/*.trx | awk '
    /<UnitTestResult / { name = ""; if (/outcome="NotExecuted"/ && match($0, /testName="[^"]*"/)) name = substr($0, RSTART + 10, RLENGTH - 11) }
    name != "" && match($0, /<Message>[^<]*/) { print name ": " substr($0, RSTART + 9, RLENGTH - 9); name = "" }
' | sed 's/&lt;/</g; s/&gt;/>/g; s/&quot;/"/g; s/&apos;/'"'"'/g; s/&amp;/\&/g' | sort

total=$(counter total) passed=$(counter passed) failed=$(counter failed)
skipped=$((total - passed - failed))
section "Result"
echo "$passed passed, $failed failed, $skipped skipped"
((failed_runs == 0 && failed == 0 && passed > 0))
