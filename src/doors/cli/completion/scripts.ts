export const shells = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof shells)[number];

/**
 * What a shell runs once. All of them ask `weft __complete`, which knows the commands: a script does not grow old. It answers a
 * line for each candidate, `TEXT<tab>WHAT IT IS`, and at last `:files`, `:directories` or `:none`.
 */
export const completionScripts: Readonly<Record<Shell, string>> = {
  // Bash breaks words at `=` and `:`: they are put together again to ask, and what stands before the break is taken off the answers.
  bash: `_weft() {
  local at word='' line cut
  local -a words=()
  for ((at = 1; at <= COMP_CWORD; at++)); do
    if [[ \${COMP_WORDS[at]} == [=:]* || ( $at -gt 1 && \${COMP_WORDS[at - 1]} == *[=:] ) ]] && ((\${#words[@]} > 0)); then
      words[-1]+=\${COMP_WORDS[at]}
    else
      words+=("\${COMP_WORDS[at]}")
    fi
  done
  word=\${words[-1]}
  cut=\${word%"\${word##*[=:]}"}
  COMPREPLY=()
  while IFS= read -r line; do
    case $line in
      :files) compopt -o default ;;
      :directories) compopt -o dirnames ;;
      :*) ;;
      *) line=\${line%%$'\\t'*}; COMPREPLY+=("\${line#"$cut"}") ;;
    esac
  done < <("\${COMP_WORDS[0]}" __complete -- "\${words[@]}" 2>/dev/null)
}
complete -F _weft weft
`,
  zsh: `#compdef weft
_weft() {
  local line
  local -a candidates
  for line in "\${(@f)$("\${words[1]}" __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    case $line in
      :files) _files; return ;;
      :directories) _files -/; return ;;
      :*|'') ;;
      *) candidates+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}") ;;
    esac
  done
  _describe -V weft candidates
}
if [[ $funcstack[1] == _weft ]]; then _weft "$@"; else compdef _weft weft; fi
`,
  fish: `function __weft_complete
  set -l words (commandline -opc)
  set -l current (commandline -ct | string collect --allow-empty)
  for line in ($words[1] __complete -- $words[2..-1] "$current" 2>/dev/null)
    switch $line
      case :files
        __fish_complete_path "$current"
      case :directories
        __fish_complete_directories "$current" ''
      case ':*'
      case '*'
        echo $line
    end
  end
end
complete -c weft -e
complete -c weft -f -a '(__weft_complete)'
`,
};
