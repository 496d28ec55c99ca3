# lock.sh - config/sources.lock as it is in force. Sourced by what fetches, unpacks and records; wants $ROOT and $CACHE.
#
# A mirror keeps no old versions. When it has moved on within a source's series (the same epoch and the same first two numbers: 6.12 of
# 6.12.95-1, 1.35 of 1:1.35.0-4), the newer version is taken unless LOCKED says otherwise: fetch.sh leaves its lines in
# $CACHE/sources/moved/NAME, in the lock's form. They are in force until the pinned files are here. With LOCKED=1 only the lock is.

lock=${ROOT:?}/config/sources.lock
store=${CACHE:?}/sources

lock_pinned() { # NAME
	grep "^$1 " "$lock"
}
lock_here() { # NAME: is every pinned file here?
	for file in $(lock_pinned "$1" | awk '{ print $5 }'); do
		[ -f "$store/$file" ] || return 1
	done
}
lock_moved() { # NAME: is another version than the pinned one in force?
	[ -z "${LOCKED:-}" ] && [ -f "$store/moved/$1" ] && ! lock_here "$1"
}
lock_lines() { # NAME: name, version, suite, kind, file and SHA-256 of each file
	if lock_moved "$1"; then cat "$store/moved/$1"; else lock_pinned "$1"; fi
}
lock_files() { # NAME [KIND]
	lock_lines "$1" | awk -v kind="${2:-}" 'kind == "" || $4 == kind { print $5 }'
}
lock_version() { # NAME
	lock_lines "$1" | awk '{ print $2; exit }'
}
