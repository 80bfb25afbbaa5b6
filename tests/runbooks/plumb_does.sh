#!/bin/sh
# plumb_does NUMBER ROLE COMMAND…: plays a command. It fails where it is the one that has to, the first time: what a
# loop does afterwards must not make up for it.
if [ "$1" = "$FAILING" ] && [ ! -e /tmp/reached ]; then
  : > /tmp/reached
  exit 9
fi
echo "$1" >> /tmp/called
case $2 in
  demands)
    line=
    IFS= read -r line || [ -n "$line" ] || exit 1
    /bin/cat > /dev/null
    ;;
  loops)
    [ ! -e "/tmp/looped.$1" ] || exit 1
    : > "/tmp/looped.$1"
    ;;
  asked | either) [ "$ANSWER" = yes ] || exit 1 ;;
esac
echo 1
