using System.Globalization;

namespace Dovetail.Virtctl.Commands;

/// <summary>A flag of a command. A boolean flag takes its value only as <c>--flag=value</c>.</summary>
public sealed record Flag(string Name, string Usage, bool IsBoolean = false, char Short = '\0', string Default = "")
{
    /// <summary>Global flags are the same on every command and are listed by <c>virtctl options</c>.</summary>
    public static IReadOnlyList<Flag> Global { get; } =
    [
        new("as", "Username to impersonate for the operation."),
        new("as-group", "Group to impersonate for the operation, this flag can be repeated to specify multiple groups."),
        new("certificate-authority", "Path to a cert file for the certificate authority"),
        new("client-certificate", "Path to a client certificate file for TLS"),
        new("client-key", "Path to a client key file for TLS"),
        new("cluster", "The name of the kubeconfig cluster to use"),
        new("context", "The name of the kubeconfig context to use"),
        new("insecure-skip-tls-verify", "If true, the server's certificate will not be checked for validity.", IsBoolean: true),
        new("kubeconfig", "Path to the kubeconfig file to use for CLI requests."),
        new("namespace", "If present, the namespace scope for this CLI request", Short: 'n'),
        new("server", "The address and port of the Kubernetes API server", Short: 's'),
        new("tls-server-name", "Server name to use for server certificate validation."),
        new("token", "Bearer token for authentication to the API server"),
        new("user", "The name of the kubeconfig user to use"),
        new("v", "Number for the log level verbosity; from 6 on, requests are shown.", Short: 'v', Default: "2"),
    ];
}

/// <summary>A parsed command line: flags by name, and what is left. Errors are worded as the flag library of kubectl and virtctl words them.</summary>
public sealed class FlagSet
{
    private readonly Dictionary<string, List<string>> values = new(StringComparer.Ordinal);

    public List<string> Arguments { get; } = [];

    /// <exception cref="VirtctlException">An unknown flag, or one without its value.</exception>
    public static FlagSet Parse(IReadOnlyList<string> args, IReadOnlyList<Flag> flags)
    {
        var set = new FlagSet();
        for (var i = 0; i < args.Count; i++)
        {
            var arg = args[i];
            if (arg == "--")
            {
                set.Arguments.AddRange(args.Skip(i + 1));
                break;
            }

            if (arg.StartsWith("--", StringComparison.Ordinal)) i = set.ParseLong(args, i, flags);
            else if (arg.Length > 1 && arg[0] == '-') i = set.ParseShort(args, i, flags);
            else set.Arguments.Add(arg);
        }

        return set;
    }

    public bool Has(string flag) => values.ContainsKey(flag);

    public string Text(string flag, string otherwise = "") => values.TryGetValue(flag, out var given) ? given[^1] : otherwise;

    public IReadOnlyList<string> All(string flag) => values.GetValueOrDefault(flag, []);

    public bool Boolean(string flag)
    {
        if (!values.TryGetValue(flag, out var given)) return false;
        return given[^1] switch
        {
            "1" or "t" or "T" or "true" or "TRUE" or "True" => true,
            "0" or "f" or "F" or "false" or "FALSE" or "False" => false,
            var other => throw new VirtctlException($"invalid argument \"{other}\" for \"--{flag}\" flag: strconv.ParseBool: parsing \"{other}\": invalid syntax"),
        };
    }

    public long Integer(string flag, long otherwise)
    {
        if (!values.TryGetValue(flag, out var given)) return otherwise;
        return long.TryParse(given[^1], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw new VirtctlException($"invalid argument \"{given[^1]}\" for \"--{flag}\" flag: strconv.ParseInt: parsing \"{given[^1]}\": invalid syntax");
    }

    private int ParseLong(IReadOnlyList<string> args, int at, IReadOnlyList<Flag> flags)
    {
        var body = args[at][2..];
        var equals = body.IndexOf('=', StringComparison.Ordinal);
        var name = equals < 0 ? body : body[..equals];
        var flag = Find(flags, candidate => candidate.Name == name) ?? throw new VirtctlException($"unknown flag: --{name}");
        if (equals >= 0) Add(flag, body[(equals + 1)..]);
        else if (flag.IsBoolean) Add(flag, "true");
        else if (at + 1 < args.Count) Add(flag, args[++at]);
        else throw new VirtctlException($"flag needs an argument: --{name}");
        return at;
    }

    private int ParseShort(IReadOnlyList<string> args, int at, IReadOnlyList<Flag> flags)
    {
        var body = args[at][1..];
        for (var i = 0; i < body.Length; i++)
        {
            var letter = body[i];
            var flag = Find(flags, candidate => candidate.Short == letter) ?? throw new VirtctlException($"unknown shorthand flag: '{letter}' in -{body}");
            var rest = body[(i + 1)..];
            if (rest.StartsWith('='))
            {
                Add(flag, rest[1..]);
                return at;
            }

            if (flag.IsBoolean)
            {
                Add(flag, "true");
                continue;
            }

            if (rest.Length > 0) Add(flag, rest);
            else if (at + 1 < args.Count) Add(flag, args[++at]);
            else throw new VirtctlException($"flag needs an argument: '{letter}' in -{body}");
            return at;
        }

        return at;
    }

    private static Flag? Find(IReadOnlyList<Flag> flags, Func<Flag, bool> matches) => flags.FirstOrDefault(matches) ?? Flag.Global.FirstOrDefault(matches);

    private void Add(Flag flag, string value)
    {
        if (values.TryGetValue(flag.Name, out var given)) given.Add(value);
        else values[flag.Name] = [value];
    }
}
