#!/bin/sh
# Runs a driver, and leaves its exit code as the last line of what it printed: the suite keeps that, and not the code.
"$@"
code=$?
echo "exit $code"
exit $code
