#!/bin/sh
# Find a Python that is new enough, or let root install Debian's, and start a tool with it.
module=$1
shift

start() {
    for python in python3 python3.13 python3.12 python3.11; do
        if "$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; then
            exec "$python" -m "$@"
        fi
    done
}

start "$module" "$@"
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Python is missing: installing Debian's package python3 ..."
    { apt-get update && apt-get install --yes --no-install-recommends python3; } >/dev/null 2>&1
    start "$module" "$@"
fi
echo "Python 3.11 to 3.13 is missing: let root install it with 'apt-get install python3'." >&2
exit 1
