#!/bin/sh
# Runs a driver, and prints its exit code as the last line: the suite keeps the output, but not the exit code.
"$@"
code=$?
echo "exit $code"
exit $code
