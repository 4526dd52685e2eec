# Complete `indexer`, `materializer` and `python -m indexer`, `python -m materializer`.
function __image_manifest_completion --argument-names program
    set -l words (commandline -opc)
    set -l start (test "$words[2]" = -m; and echo 3; or echo 1)
    set -l variable _(string upper $program)_COMPLETE=fish_complete
    for line in (env $variable COMP_WORDS="$words[$start..-1] "(commandline -ct) COMP_CWORD=(commandline -ct) $words[1..$start] 2>/dev/null)
        set -l parts (string split --max 1 , -- $line)
        if test "$parts[1]" = plain
            echo $parts[2]
        else
            __fish_complete_path (commandline -ct)
        end
    end
end

function __image_manifest_module --argument-names program
    set -l words (commandline -opc)
    test "$words[2]" = -m; and test "$words[3]" = $program
end

for program in indexer materializer
    complete --no-files --command $program --arguments "(__image_manifest_completion $program)"
    for python in python python3
        complete --no-files --command $python --condition "__image_manifest_module $program" \
            --arguments "(__image_manifest_completion $program)"
    end
end
