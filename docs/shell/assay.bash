# bash completion for assay. The program knows its own words: `assay complete WORD...` prints what the last of them may become.
# Read it with `. docs/shell/assay.bash`, or let `make install` put it where bash-completion looks.

_assay() {
	local line=${COMP_LINE:0:COMP_POINT} word head candidate value
	local -a words=()

	COMPREPLY=()
	read -ra words <<< "$line"
	[[ $line == *[[:space:]] ]] && words+=("")
	[ ${#words[@]} -gt 1 ] || return 0
	word=${words[${#words[@]} - 1]}
	value=${word#*=}
	# Readline replaces what stands behind the last of its word breaks only.
	head=
	if [[ $word == *=* && $COMP_WORDBREAKS == *=* ]]; then
		head=${word%"${word##*=}"}
	fi
	if [[ ${word#"$head"} == *:* && $COMP_WORDBREAKS == *:* ]]; then
		head=${word%"${word##*:}"}
	fi
	while IFS= read -r candidate; do
		case $candidate in
		:files | :folders)
			compopt -o filenames 2> /dev/null
			while IFS= read -r candidate; do
				COMPREPLY+=("$candidate")
			done < <(if [ "$candidate" = :files ]; then compgen -f -- "$value"; else compgen -d -- "$value"; fi)
			;;
		*)
			COMPREPLY+=("${candidate#"$head"}")
			case $candidate in *= | *.) compopt -o nospace 2> /dev/null ;; esac
			;;
		esac
	done < <("${words[0]/#\~/$HOME}" complete "${words[@]:1}" 2> /dev/null)
	return 0
}
complete -F _assay assay
