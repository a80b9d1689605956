using System.Globalization;
using Dovetail.Virtctl.Client;
using Dovetail.Kubeconfig;

namespace Dovetail.Virtctl.Commands;

/// <summary>The command line of virtctl: the commands of KubeVirt 1.9 that the platform serves, with upstream's texts and exit codes (0 done, 1 failed). The parser is written by hand because its
/// messages are part of the compatibility, and because virtctl starts in milliseconds.</summary>
public sealed class VirtctlCommandLine(VirtctlHost host)
{
    private static readonly IReadOnlyList<Command> Commands =
    [
        ConsoleCommand.Command, GuestAgentCommands.FsList, GuestAgentCommands.GuestOsInfo, PauseCommands.Pause, PortForwardCommand.Command, RebootCommands.Reset, LifecycleCommands.Restart, RebootCommands.SoftReboot, LifecycleCommands.Start,
        LifecycleCommands.Stop, PauseCommands.Unpause, GuestAgentCommands.UserList, VersionCommand.Command,
    ];

    /// <summary>Commands of upstream's virtctl that this one does not have; they are refused by name.</summary>
    private static readonly HashSet<string> Unsupported = new(StringComparer.Ordinal)
    {
        "addvolume", "adm", "create", "credentials", "evacuate-cancel", "expand", "expose", "guestfs", "image-upload", "memory-dump", "migrate", "migrate-cancel", "objectgraph", "permitted-devices",
        "removevolume", "scp", "ssh", "template", "usbredir", "vmexport", "vnc",
    };

    public async Task<int> RunAsync(IReadOnlyList<string> args, CancellationToken ct)
    {
        KubeVirtClient? client = null;
        FlagSet? flags = null;
        try
        {
            var at = CommandPosition(args);
            if (at < 0)
            {
                FlagSet.Parse(args, [new Flag("help", "", IsBoolean: true, Short: 'h')]);
                await host.Out.WriteAsync(Help.OfAll(Commands));
                return 0;
            }

            var name = args[at];
            var rest = args.Where((_, i) => i != at).ToList();
            if (name == "help") return await PrintHelpAsync(rest.Count > 0 ? rest[0] : "");
            if (name == "options")
            {
                await host.Out.WriteAsync(Help.Options());
                return 0;
            }

            var command = Find(name);
            flags = FlagSet.Parse(rest, [.. command.Flags, new Flag("help", "", IsBoolean: true, Short: 'h')]);
            if (flags.Boolean("help")) return await PrintHelpAsync(name);
            CheckArguments(command, flags);
            await command.RunAsync(new CommandContext(host, flags, () => client ??= Connect(flags)), ct);
            return 0;
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            return 1;
        }
        catch (Exception e) when (e is VirtctlException or ApiException or KubeconfigException)
        {
            if (flags is not null) await NoticeOtherVersionAsync(client, flags, ct);
            await host.Error.WriteLineAsync(e.Message);
            return 1;
        }
        finally
        {
            client?.Dispose();
        }
    }

    private static Command Find(string name)
    {
        if (Commands.FirstOrDefault(command => command.Name == name) is { } command) return command;
        throw new VirtctlException(Unsupported.Contains(name)
            ? $"the command \"{name}\" is not supported by Dovetail's virtctl; KubeVirt's own virtctl works with this platform"
            : $"unknown command \"{name}\" for \"virtctl\"");
    }

    private static void CheckArguments(Command command, FlagSet flags)
    {
        var count = flags.Arguments.Count;
        if (count == command.ArgumentCount || (command.TakesMoreArguments && count > command.ArgumentCount)) return;
        if (command.TakesMoreArguments)
            throw new VirtctlException(string.Create(CultureInfo.InvariantCulture, $"fatal: Number of input parameters is incorrect, {command.Name.Replace("-", "", StringComparison.Ordinal)} requires at least {command.ArgumentCount} arg(s), received {count}\n{Help.Of(command)}\nargument validation failed"));
        throw new VirtctlException(command.ArgumentCount == 0
            ? $"unknown command \"{flags.Arguments[0]}\" for \"virtctl {command.Name}\""
            : string.Create(CultureInfo.InvariantCulture, $"accepts {command.ArgumentCount} arg(s), received {count}"));
    }

    /// <summary>The first word that is neither a flag nor a global flag's value.</summary>
    private static int CommandPosition(IReadOnlyList<string> args)
    {
        for (var i = 0; i < args.Count; i++)
        {
            var arg = args[i];
            if (!arg.StartsWith('-')) return i;
            if (arg.Contains('=', StringComparison.Ordinal)) continue;
            var takesValue = Flag.Global.Any(flag => !flag.IsBoolean && (arg == "--" + flag.Name || (flag.Short != '\0' && arg == "-" + flag.Short)));
            if (takesValue) i++;
        }

        return -1;
    }

    private async Task<int> PrintHelpAsync(string name)
    {
        await host.Out.WriteAsync(name.Length == 0 ? Help.OfAll(Commands) : Help.Of(Find(name)));
        return 0;
    }

    private KubeVirtClient Connect(FlagSet flags)
    {
        var verbosity = flags.Integer("v", 2);
        return new KubeVirtClient(KubeconfigLoader.Load(Overrides(flags), host.Environment), host.Time, verbosity >= 6 ? line => host.Error.WriteLine(line) : null);
    }

    /// <summary>As in client-go, an empty flag is one that was not given.</summary>
    private static ConfigOverrides Overrides(FlagSet flags)
    {
        return new ConfigOverrides
        {
            Kubeconfig = Given("kubeconfig"),
            Context = Given("context"),
            Cluster = Given("cluster"),
            User = Given("user"),
            Server = Given("server"),
            Namespace = Given("namespace"),
            Token = Given("token"),
            CertificateAuthority = Given("certificate-authority"),
            ClientCertificate = Given("client-certificate"),
            ClientKey = Given("client-key"),
            InsecureSkipTlsVerify = flags.Has("insecure-skip-tls-verify") ? flags.Boolean("insecure-skip-tls-verify") : null,
            TlsServerName = Given("tls-server-name"),
            As = Given("as"),
            AsGroup = flags.All("as-group"),
        };

        string? Given(string flag) => flags.Text(flag) is { Length: > 0 } value ? value : null;
    }

    /// <summary>After a failure, a client of another minor version than the server's says so, since that may be why.</summary>
    private async Task NoticeOtherVersionAsync(KubeVirtClient? client, FlagSet flags, CancellationToken ct)
    {
        try
        {
            using var own = client is null ? Connect(flags) : null;
            var server = await (client ?? own!).ServerVersionAsync(ct);
            if (MajorMinor(server.GitVersion) != MajorMinor(VersionInfo.Client.GitVersion))
                await host.Error.WriteLineAsync(
                    $"You are using a client virtctl version that is different from the KubeVirt version running in the cluster\nClient Version: {VersionInfo.Client.GitVersion}\nServer Version: {server.GitVersion}\n");
        }
        catch (Exception e) when (e is VirtctlException or ApiException or KubeconfigException or OperationCanceledException)
        {
            // The command's own failure is what the user has to read.
        }
    }

    private static string MajorMinor(string version) => string.Join('.', version.TrimStart('v').Split('.').Take(2));
}
