# --- how containers fare ------------------------------------------------------------------------------------------------

# How those fare that are not well: `late` while a check fails that a busy host may just be late with, `ill` where that goes on
# for 3 times as many checks as make a service unhealthy, and where one has ended. Each line that it reads is the ID of
# a container.
how_ill() {
  xargs -r docker inspect --format \
    '{{.State.Status}} {{.State.ExitCode}} {{with .State.Health}}{{.Status}} {{.FailingStreak}}{{else}}none 0{{end}} {{with .Config.Healthcheck}}{{.Retries}}{{else}}0{{end}}' 2>> "$log" |
    while read -r status code health failed retries; do
      [ "$retries" -gt 0 ] || retries=3
      case $status:$health:$code in
        created:* | running:healthy:* | running:none:* | exited:*:0) ;;
        running:*) [ "$failed" -lt $((3 * retries)) ] && echo late || echo ill ;;
        *) echo ill ;;
      esac
    done
}

# Rules of the firewall that send new connections to a second copy; each names its service.
ruled() {
  command -v iptables > /dev/null || return 0
  for chain in OUTPUT PREROUTING; do
    iptables -w -t nat -S "$chain" 2>> "$log" | sed -n "s/.* --comment $project-copy-of-\\([a-z0-9-]*\\) .*/\\1/p"
  done | sort -u
}

lift() {
  command -v iptables > /dev/null || return 0
  for chain in OUTPUT PREROUTING; do
    iptables -w -t nat -S "$chain" 2>> "$log" | grep -F -e "--comment $project-copy-of-$1 " | sed 's/^-A //' | while read -r rule; do
      # shellcheck disable=SC2086 # words of a rule
      iptables -w -t nat -D $rule >> "$log" 2>&1
    done || :
  done
}

# --- a second copy of what answers, while the first is made anew --------------------------------------------------------

# A copy and its rules of the firewall are known by the service's name, so that the next run finds what a killed one has left.
copy_of() { docker ps ${2:+"$2"} --quiet --filter "label=com.docker.compose.project=$project" --filter "label=io.plumbline.copy=$1" 2>> "$log" || :; }

copied() { docker ps --all --filter "label=com.docker.compose.project=$project" --filter label=io.plumbline.copy --format '{{.Label "io.plumbline.copy"}}' 2>> "$log" || :; }

# ADDRESS:PORT:CONTAINER_PORT; a node's own address stands in its .env
copy_ports() {
  list "$home/release.json" "$1" second_copy | sed "s/\${PRIVATE_ADDRESS:?}/$(sed -n 's/^PRIVATE_ADDRESS=//p' "$home/.env" 2> /dev/null)/g"
}

amount_of() { sed -n "s/^\"$2\": {\"image\": .*, \"$3\": \([0-9]*\)[,}].*/\1/p" "$1" 2> /dev/null || :; }

may_have_copy() { grep -q "^\"$2\": {\"image\": .*, \"second_copy\": \\[" "$1" 2> /dev/null && ! listed in-place "$2"; }

copyable() { for each in $(named "$new_facts"); do ! may_have_copy "$new_facts" "$each" || echo "$each"; done; }

# Before anything starts: whether there is memory for the largest copy; they are made one at a time.
find_room() {
  rm -f "$state/in-place"
  free=$(($(sed -n 's/^MemAvailable: *\([0-9]*\) kB$/\1/p' /proc/meminfo) / 1024))
  for service in $(copyable); do
    { listed changing "$service" && is_up "$service" && [ -z "$(copy_of "$service")" ]; } || continue
    needed=$(amount_of "$new_facts" "$service" memory_mib)
    if [ "${needed:-0}" -gt "$free" ]; then
      instead="$free MiB of memory are free, and a second copy may take $needed MiB"
    elif [ -n "$(list "$new_facts" "$service" second_copy)" ] && ! command -v iptables > /dev/null; then
      instead='iptables is not installed'
    else
      continue
    fi
    note_down in-place "$service"
    say "warning: $service is made anew in place, so its clients are refused meanwhile: $instead"
  done
}

# What is new answers beside what is old before that is touched.
put_beside() {
  may_have_copy "$home/release.json" "$1" || return 0
  copy=$(copy_of "$1")
  if [ -z "$copy" ]; then
    is_up "$1" || return 0
    # one that ended with the engine keeps its name and its rule
    put_away "$1"
    publish=''
    for each in $(copy_ports "$1"); do publish="$publish --publish $(own_side "${each%%:*}")::${each##*:}"; done
    # shellcheck disable=SC2086 # two words each
    compose_here run --detach --no-deps --use-aliases --name "$project-$1-copy" --label "io.plumbline.copy=$1" $publish "$1" >> "$log" 2>&1 < /dev/null ||
      fail 4 "no second copy of $1 starts" "the end of $log says why"
    copy=$(copy_of "$1")
  fi
  patience=300 fares=''
  while [ -n "$copy" ] && fares=$(echo "$copy" | how_ill) && [ -n "$fares" ]; do
    [ "$fares" = late ] && [ "$patience" -gt 0 ] || break
    sleep 1
    patience=$((patience - 1))
  done
  if [ -z "$(copy_of "$1")" ] || [ -n "$fares" ]; then
    copy_of "$1" --all | xargs -r docker logs --tail 20 >> "$log" 2>&1 || :
    put_away "$1"
    fail 4 "the second copy of $1 did not become healthy, so what runs was left alone" "the end of $log says what it wrote"
  fi
  before=$(compose_here ps --quiet --status running "$1" 2>> "$log")
  for each in $(copy_ports "$1"); do
    port=${each#*:}
    send "$copy" "${each%%:*}" "${port%:*}" "${each##*:}" "$1" || {
      put_away "$1"
      note_down in-place "$1"
      say "warning: $1 is made anew in place, so its clients are refused meanwhile: no rule of the firewall sends port ${port%:*} to its second copy; the end of $log says why"
      return 0
    }
  done
  for each in $(copy_ports "$1"); do
    port=${each#*:}
    let_finish "$before" "${each##*:}" "${port%:*}" "$(amount_of "$home/release.json" "$1" stop_grace_s)"
  done
  say "second copy answers: $1"
}

# own_side ADDRESS   where the host itself asks for what is published there
own_side() { case $1 in 127.*) echo "$1" ;; *) echo 127.0.0.1 ;; esac }

# send COPY ADDRESS PORT CONTAINER_PORT SERVICE   new connections only; those that are open stay where they are.
# From the host's own address they go through the port that the engine holds open for the copy, from others straight to it.
send() {
  there=$(docker port "$1" "$4/tcp" | sed -n '1s/.*://p')
  listens "$there" || return 1
  case $2 in
    127.*) ruled_to "$5" OUTPUT -d "$2/32" --dport "$3" -j REDIRECT --to-ports "$there" ;;
    *)
      beyond=$(iptables -w -t nat -S DOCKER 2>> "$log" | sed -n "s/^-A DOCKER -d 127.0.0.1\/32 \(! -i [^ ]*\) .*--dport $there -j DNAT --to-destination \(.*\)$/\1 \2/p")
      [ -n "$beyond" ] || return 1
      where="-d $2/32"
      [ "$2" != 0.0.0.0 ] || where='! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL'
      # shellcheck disable=SC2086 # words of a rule
      ruled_to "$5" PREROUTING ${beyond% *} $where --dport "$3" -j DNAT --to-destination "${beyond##* }" &&
        ruled_to "$5" OUTPUT $where --dport "$3" -j DNAT --to-destination "${beyond##* }" || return 1
      [ "$2" != 0.0.0.0 ] || ruled_to "$5" OUTPUT -d 127.0.0.0/8 --dport "$3" -j REDIRECT --to-ports "$there"
      ;;
  esac
}

ruled_to() {
  whose=$1 chain=$2
  shift 2
  set -- "$chain" -p tcp -m comment --comment "$project-copy-of-$whose" "$@"
  iptables -w -t nat -C "$@" 2> /dev/null || iptables -w -t nat -I "$@" >> "$log" 2>&1
}

# Whether a program of the host takes connections to it: with `userland-proxy: false` the engine has none.
listens() { grep -qE "^ *[0-9]+: [0-9A-F]{8}:$(printf '%04X' "${1:-0}") 00000000:0000 0A " /proc/net/tcp; }

# let_finish CONTAINER PORT HOST_PORT SECONDS   until nobody has a connection to it, at most so long; one that is kept open ends with
# the service. A program of the host may hold one that it has not passed on yet, so the host's side counts too.
let_finish() {
  within=/proc/$(docker inspect --format '{{.State.Pid}}' "$1" 2>> "$log" || echo 0)/net patience=${4:-10}
  while [ "$patience" -gt 0 ] && { is_open "$2" "$within" || is_open "${3:-0}" /proc/net; }; do
    sleep 1
    patience=$((patience - 1))
  done
}

# is_open PORT FOLDER   whether somebody has a connection to it
is_open() { cat "$2/tcp" "$2/tcp6" 2> /dev/null | grep -qE "^ *[0-9]+: [0-9A-F]+:$(printf '%04X' "$1") [0-9A-F]+:[0-9A-F]{4} 01 "; }

# Only where the service itself answers.
put_away() {
  lift "$1"
  # one that a killed run told to stop may have ended since
  copy=$(copy_of "$1" --all)
  [ -n "$copy" ] || return 0
  for there in $(docker port "$copy" | sed 's/\/.*:/:/'); do
    let_finish "$copy" "${there%%:*}" "${there##*:}" "$(amount_of "$home/release.json" "$1" stop_grace_s)"
  done
  { docker stop "$copy" && docker rm "$copy"; } >> "$log" 2>&1 || fail 4 "the second copy of $1 can not be removed" "docker rm --force $copy"
}

put_all_away() { for service in $(copied) $(ruled); do put_away "$service"; done; }
