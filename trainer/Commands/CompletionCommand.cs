using System.CommandLine;

namespace LlavaCuda.Trainer.Commands;

/// <summary><c>llava completion</c>: prints the script by which a shell completes the program's commands, options and choices. What there is to complete, the shell asks the program itself.</summary>
internal static class CompletionCommand
{
    private static readonly Dictionary<string, string> Scripts = new()
    {
        ["bash"] = """
            # llava's completion for bash. For every shell to come: llava completion bash > ~/.local/share/bash-completion/completions/llava
            _llava() {
                local line=${COMP_LINE:0:COMP_POINT} word=${COMP_WORDS[COMP_CWORD]} IFS=$'\n'
                line="llava ${line#"${COMP_WORDS[0]}" }"
                COMPREPLY=($(compgen -W "$("${COMP_WORDS[0]}" "[suggest:${#line}]" "$line" 2>/dev/null)" -- "$word"))
            }
            complete -o bashdefault -o default -F _llava llava
            """,
        ["zsh"] = """
            #compdef llava
            # llava's completion for zsh. For every shell to come: llava completion zsh > a folder of $fpath/_llava; or in ~/.zshrc: source <(llava completion zsh)
            _llava() {
                local line="llava ${LBUFFER#"${words[1]}" }"
                local -a found
                found=(${(f)"$("${words[1]}" "[suggest:${#line}]" "$line" 2>/dev/null)"})
                if (( $#found )); then
                    compadd -- $found
                else
                    _files
                fi
            }
            if [ "$funcstack[1]" = "_llava" ]; then
                _llava "$@"
            else
                (( $+functions[compdef] )) || { autoload -Uz compinit && compinit -u; }
                compdef _llava llava
            fi
            """,
        ["fish"] = """
            # llava's completion for fish. For every shell to come: llava completion fish > ~/.config/fish/completions/llava.fish
            function __llava_complete
                set -l program (commandline -opc)[1]
                set -l line (commandline -cp)
                $program "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null
            end
            complete -c llava -a '(__llava_complete)'
            """,
        ["pwsh"] = """
            # llava's completion for PowerShell. For every shell to come: llava completion pwsh >> $PROFILE
            Register-ArgumentCompleter -Native -CommandName llava -ScriptBlock {
                param($word, $tree, $position)
                $line = $tree.ToString().PadRight($position).Substring(0, $position)
                & $tree.CommandElements[0].ToString() "[suggest:$($line.Length)]" $line 2>$null |
                    Where-Object { $_ -like "$word*" } |
                    ForEach-Object { [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_) }
            }
            """,
    };

    /// <summary>Makes the command.</summary>
    /// <returns>The command.</returns>
    internal static Command Create()
    {
        Argument<string> shell = new("shell") { Description = "The shell: bash, zsh, fish or pwsh." };
        shell.AcceptOnlyFromAmong([.. Scripts.Keys]);
        Command command = new("completion", "Print a script that makes a shell complete this program's commands and options; it says where to put it.") { shell };
        command.SetAction(parsed => parsed.InvocationConfiguration.Output.WriteLine(Scripts[parsed.GetRequiredValue(shell)].ReplaceLineEndings("\n")));
        return command;
    }
}
