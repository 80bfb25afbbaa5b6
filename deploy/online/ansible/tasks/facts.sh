# --- the facts of a release (release.json: a line per service, each behind those that it needs) ------------------------

# names of services and jobs, in order
named() { sed -n '/^"services": {$/,$ s/^"\([a-z0-9-]*\)": {"image": .*/\1/p' "$1" 2> /dev/null || :; }

# is FACTS SERVICE 'KEY": VALUE'
is() { grep -q "^\"$2\": {\"image\": .*, \"$3[,}]" "$1" 2> /dev/null; }

is_job() { is "$1" "$2" 'kind": "job"'; }
is_drained() { is "$1" "$2" 'drained": true'; }

# What its container is made of stands before the kind; nothing where the file does not name it.
made_of() { sed -n "s/^\"$2\": {\(\"image\": .*\), \"kind\": \"[a-z]*\", .*/\1/p" "$1" 2> /dev/null || :; }

# list FACTS SERVICE KEY   the words of a list
list() { sed -n "s/^\"$2\": {\"image\": .*, \"$3\": \[\([^]]*\)\].*/\1/p" "$1" 2> /dev/null | tr -d '",' || :; }

# The form of its data: VERSION READ_BY; what to do otherwise.
data_of() { sed -n "s/^\"$2\": {\"image\": .*, \"data\": {.*\"version\": \"\([^\"][^\"]*\)\", \"read_by\": \"\([^\"]*\)\".*/\1 \2/p" "$1" 2> /dev/null || :; }
otherwise_of() { sed -n "s/^\"$2\": {\"image\": .*, \"data\": {.*\"otherwise\": \"\(.*\)\"}, \"secrets\": .*/\1/p" "$1" 2> /dev/null || :; }

# contractions FACTS   lines of REVISION SINCE: from that release on nothing uses what it takes away; `-` where none is named
contractions() {
  grep '^"migrations": ' "$1" 2> /dev/null | grep -oE '"revision": "[^"]*", "contracting": true, "unused_since": ("[^"]*"|null)' |
    sed 's/^"revision": "\([^"]*\)", .*"unused_since": /\1 /; s/ null$/ -/; s/"//g' || :
}

# those that one release has and another has not
new_contractions() { contractions "$1" | while read -r revision since; do contractions "$2" | grep -q "^$revision " || echo "$revision $since"; done; }

# bears RELEASE SINCE   whether a release runs on what a contraction has left
bears() { [ "$2" != - ] && ! older "$1" "$2"; }

# unread HOW OLD NEW   why data of a version is not read by another; nothing where it is
unread() {
  { [ -n "$2" ] && [ -n "$3" ] && [ "$2" != "$3" ]; } || return 0
  if [ "$1" = same-major ] && [ "${2%%.*}" = "${3%%.*}" ]; then return 0; fi
  if older "$3" "$2"; then echo 'it is older'; return 0; fi
  [ "$1" != later ] || return 0
  if [ "${2%%.*}" != "${3%%.*}" ]; then echo 'it has another major version'; return 0; fi
  [ "$1" = next-minor ] || return 0
  [ $(($(minor "$3") - $(minor "$2"))) -le 1 ] || echo 'it skips a minor version'
}

minor() { echo "$1.0" | cut -d . -f 2; }

# --- what differs between the release that runs and the one that comes (old_facts, old_manifest, new_facts, new_manifest) ---

# What nothing is known of counts as changed.
differs() {
  was=$(made_of "$old_facts" "$1") comes=$(made_of "$new_facts" "$1")
  { [ -n "$was" ] && [ "$was" = "$comes" ]; } || return 0
  reference=$(printf '%s\n' "$comes" | sed 's/.*"reference": "\([^"]*\)".*/\1/')
  [ "$(image_in "$old_manifest" "$reference")" = "$(image_in "$new_manifest" "$reference")" ] || return 0
  files_differ "$1"
}

image_in() { manifest_images "$1" | grep -F "$2 " || :; }

# Compose does not see the content of what is mounted.
files_differ() {
  [ -f "$old_manifest" ] || return 1
  for path in "deployment/config/$1" $(list "$new_facts" "$1" models); do
    [ "$(content_of "$path" "$old_manifest")" = "$(content_of "$path" "$new_manifest")" ] || return 0
  done
  return 1
}

content_of() { manifest_files "$2" | grep " $1/" | sort || :; }

# Names of networks that are defined otherwise.
changed_networks() {
  after=$(sed -n 's/^"networks": {\(.*\)},$/\1,/p' "$new_facts" 2> /dev/null || :)
  sed -n 's/^"networks": {\(.*\)},$/\1/p' "$old_facts" 2> /dev/null | tr ',' '\n' | sed 's/^ *//' | while IFS= read -r one; do
    case "$after" in *"$one,"*) ;; *"${one%%:*}:"*) echo "${one%%:*}" | tr -d '"' ;; esac
  done
}
