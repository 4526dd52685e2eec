# Complete `indexer`, `materializer` and `python -m indexer`, `python -m materializer`.
_image_manifest_completion() {
    local start=0
    [[ ${COMP_WORDS[1]} == -m ]] && start=2
    local program=${COMP_WORDS[start]##*/}
    [[ $program == @(indexer|materializer) ]] && (( COMP_CWORD > start )) || return 0
    local IFS=$'\n' type value response
    response=$(env COMP_WORDS="$(IFS=' '; echo "${COMP_WORDS[*]:start}")" COMP_CWORD=$((COMP_CWORD - start)) \
        "_${program^^}_COMPLETE=bash_complete" "${COMP_WORDS[@]:0:start + 1}" 2>/dev/null)
    while IFS=',' read -r type value; do
        if [[ $type == plain ]]; then
            COMPREPLY+=("$value")
        elif [[ $type == file ]]; then
            compopt -o filenames
            COMPREPLY+=($(compgen -f -- "$2"))
        fi
    done <<< "$response"
}

# Without a completion, and for other arguments of Python, Bash completes file names.
complete -o nosort -o default -o bashdefault -F _image_manifest_completion indexer materializer python python3
