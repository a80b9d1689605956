using System.Text;

namespace Dovetail.Virtctl.Commands;

internal static class Help
{
    public static string OfAll(IReadOnlyList<Command> commands)
    {
        var text = new StringBuilder("virtctl controls virtual machine related operations on your kubernetes cluster.\n\nAvailable Commands:\n");
        foreach (var command in commands.OrderBy(command => command.Name, StringComparer.Ordinal)) text.Append("  ").Append(command.Name.PadRight(12)).Append(command.Short).Append('\n');
        return text.Append("\nUse \"virtctl <command> --help\" for more information about a given command.\nUse \"virtctl options\" for a list of global command-line options (applies to all commands).\n").ToString();
    }

    public static string Of(Command command)
    {
        var text = new StringBuilder(command.Long.Length > 0 ? command.Long : command.Short).Append("\n\nUsage:\n  virtctl ").Append(command.Use);
        if (command.Flags.Count > 0) text.Append(" [flags]");
        text.Append("\n\nExamples:\n").Append(command.Example).Append('\n');
        text.Append("\nFlags:\n");
        AppendFlags(text, [.. command.Flags, new Flag("help", $"help for {command.Name}", IsBoolean: true, Short: 'h')]);
        return text.Append("\nUse \"virtctl options\" for a list of global command-line options (applies to all commands).\n").ToString();
    }

    public static string Options()
    {
        var text = new StringBuilder("The following options can be passed to any command:\n\n");
        AppendFlags(text, Flag.Global);
        return text.ToString();
    }

    private static void AppendFlags(StringBuilder text, IEnumerable<Flag> flags)
    {
        foreach (var flag in flags.OrderBy(flag => flag.Name, StringComparer.Ordinal))
        {
            var name = flag.Short == '\0' ? $"      --{flag.Name}" : $"  -{flag.Short}, --{flag.Name}";
            text.Append(name.PadRight(34)).Append(flag.Usage);
            if (flag.Default.Length > 0) text.Append(" (default ").Append(flag.Default).Append(')');
            text.Append('\n');
        }
    }
}
