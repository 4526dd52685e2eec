# Complete `indexer`, `materializer` and `python -m indexer`, `python -m materializer`.
_image_manifest_completion() {
    local start=1
    [[ ${words[2]} == -m ]] && start=3
    local program=${words[start]:t}
    if [[ $program != (indexer|materializer) ]] || (( CURRENT <= start )); then
        (( $+functions[_python] )) && _python "$@" || _default
        return
    fi
    local -a plain described response
    local type value help wants_files=0
    response=("${(@f)$(env COMP_WORDS="${words[start,-1]}" COMP_CWORD=$((CURRENT - start)) \
        "_${(U)program}_COMPLETE=zsh_complete" "${(@)words[1,start]}" 2>/dev/null)}")
    for type value help in "${response[@]}"; do
        if [[ $type != plain ]]; then
            wants_files=1
        elif [[ $help == _ ]]; then
            plain+=("$value")
        else
            described+=("$value:$help")
        fi
    done
    (( $#described )) && _describe -V unsorted described -U
    (( $#plain )) && compadd -U -V unsorted -a plain
    (( wants_files || ! $#described + $#plain )) && _files
}

compdef _image_manifest_completion indexer materializer python python3
