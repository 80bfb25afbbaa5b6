# sandbox.sh ROOT PROGRAMS SCRIPT: run a script where nothing of this machine can be changed or reached: a root folder in memory, the
# system's own programs read-only and not on the PATH, no network. Called in new namespaces.
set -e
mount --make-rprivate /
mount -t tmpfs none "$1"
cd "$1"
for each in usr bin lib lib64 sbin; do
  if [ -L "/$each" ]; then
    cp -P "/$each" "$each"
  elif [ -d "/$each" ]; then
    mkdir "$each"
    mount --rbind "/$each" "$each"
    mount -o remount,ro,bind "$each"
  fi
done
mkdir -p programs work tmp root dev/shm $FOLDERS
for each in null zero urandom; do
  : > "dev/$each"
  mount --bind "/dev/$each" "dev/$each"
done
mount --bind "$2" programs
mount -o remount,ro,bind programs
for each in $FILES; do
  mkdir -p "${each%/*}"
  : > "$each"
done
unset FOLDERS FILES
PATH=/programs HOME=/root exec /usr/sbin/chroot "$1" /bin/sh -c '
  cd /work
  /usr/bin/timeout 10 /bin/sh -e -c "$1" < /dev/null
  code=$?
  [ ! -e /tmp/reached ] || echo plumb-reached >&2
  [ ! -e /tmp/called ] || /bin/sed "s/^/plumb-called /" /tmp/called >&2
  exit $code' sh "$3"
