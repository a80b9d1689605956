using System.Collections.Immutable;
using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;
using Dovetail.ApiServer.Admission;
using Dovetail.ApiServer.Registry.ServiceAddresses;
using Dovetail.ApiServer.Security;
using Dovetail.Machinery.Yaml;

namespace Dovetail.Cli.Platform;

// Properties with a default are settable: the generated JSON reader gives init properties that a document leaves away null or zero, whatever their initialiser says.

/// <summary>The configuration file, <c>kind: DovetailConfiguration</c>; docs/configuration.md is its reference. Unknown fields are refused.</summary>
public sealed record DovetailConfiguration
{
    public const string ExpectedApiVersion = "config.dovetail.dev/v1";
    public const string ExpectedKind = "DovetailConfiguration";

    public string ApiVersion { get; set; } = "";

    public string Kind { get; set; } = "";

    /// <summary>Where the API server listens, <c>ADDRESS:PORT</c>.</summary>
    public string? Listen { get; init; }

    /// <summary>Bearer tokens, in upstream's CSV format: <c>token,user,uid,"group1,group2"</c>.</summary>
    public string? TokenFile { get; init; }

    public NodeConfiguration? Node { get; init; }

    public RegistryConfiguration? Registry { get; init; }

    public HistoryConfiguration? History { get; init; }

    public CertificatesConfiguration? Certificates { get; init; }

    public ApiConfiguration? Api { get; init; }
}

public sealed record NodeConfiguration
{
    /// <summary>Whether this machine runs virtual machines. False is <c>--no-node</c>.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>The Node object's name; the host's name unless given.</summary>
    public string? Name { get; init; }

    /// <summary>Addresses of pods on this node.</summary>
    public string? PodCIDR { get; init; }

    /// <summary>Loopback port of virt-handler's consoles; 0 takes a free one.</summary>
    public int HandlerPort { get; init; }

    /// <summary>Port of logs, commands and ports of pods on the node's address; 0 takes a free one, as does leaving it away where another process has 10250.</summary>
    public int? KubeletPort { get; init; }
}

public sealed record RegistryConfiguration
{
    /// <summary>Loopback port of the platform's registry.</summary>
    public int Port { get; set; } = 5000;
}

public sealed record HistoryConfiguration
{
    /// <summary>How many hours past revisions are kept for watches and reads of the past.</summary>
    public int RetentionHours { get; set; } = 24;

    /// <summary>How many MiB the store's file may have with them; beyond that the oldest go.</summary>
    public int RetentionMegabytes { get; set; } = 1024;
}

public sealed record CertificatesConfiguration
{
    /// <summary>How many minutes certificates live that the platform makes for itself.</summary>
    public int LifetimeMinutes { get; set; } = Settings.DefaultCertificateLifetimeMinutes;
}

/// <summary>What users of kube-apiserver set by flags of the same names.</summary>
public sealed record ApiConfiguration
{
    /// <summary>Addresses of services.</summary>
    public string? ServiceClusterIPRange { get; init; }

    /// <summary>Node, RBAC, AlwaysAllow, AlwaysDeny.</summary>
    public string[]? AuthorizationModes { get; init; }

    /// <summary>Admission plugins that do not run.</summary>
    public string[]? DisabledAdmissionPlugins { get; init; }

    /// <summary>Authorities whose client certificates count besides the platform's own, PEM.</summary>
    public string? ClientCAFile { get; init; }

    /// <summary>Whether every request leaves a line in the server's log.</summary>
    public bool AccessLog { get; init; }
}

/// <summary>Flags of <c>up</c> that are kube-apiserver's; null where one was not given.</summary>
public sealed record ApiFlags(string? ServiceClusterIPRange = null, string? AuthorizationMode = null, string? DisableAdmissionPlugins = null, string? ClientCAFile = null);

/// <summary>What <c>up</c> was told, configuration and flags together; every part reads it from the data folder.</summary>
public sealed record Settings
{
    /// <summary>A year.</summary>
    public const int DefaultCertificateLifetimeMinutes = 365 * 24 * 60;

    public string Listen { get; set; } = "127.0.0.1:6443";

    public string? TokenFile { get; init; }

    public bool Node { get; set; } = true;

    public string? NodeName { get; init; }

    public string? PodCIDR { get; init; }

    public int HandlerPort { get; init; }

    public int? KubeletPort { get; init; }

    public int RegistryPort { get; set; } = 5000;

    public int HistoryRetentionHours { get; set; } = 24;

    public int HistoryRetentionMegabytes { get; set; } = 1024;

    public int CertificateLifetimeMinutes { get; set; } = DefaultCertificateLifetimeMinutes;

    public string ServiceClusterIPRange { get; set; } = "10.96.0.0/12";

    /// <summary>With commas between.</summary>
    public string AuthorizationModes { get; set; } = "Node,RBAC";

    /// <summary>With commas between.</summary>
    public string DisabledAdmissionPlugins { get; set; } = "";

    public string? ClientCAFile { get; init; }

    public bool AccessLog { get; init; }

    [JsonIgnore]
    public IPEndPoint ListenEndPoint => ParseListen(Listen);

    [JsonIgnore]
    public string ApiUrl => $"https://{(ListenEndPoint.Address.Equals(IPAddress.Any) || ListenEndPoint.Address.Equals(IPAddress.IPv6Any) ? "127.0.0.1" : HostPart(ListenEndPoint.Address))}:{ListenEndPoint.Port}";

    /// <exception cref="FormatException">There is an unknown one among them.</exception>
    [JsonIgnore]
    public AuthorizationModes Modes => ApiServer.Security.AuthorizationModes.Parse(AuthorizationModes);

    [JsonIgnore]
    public ImmutableArray<string> DisabledPlugins => [.. DisabledAdmissionPlugins.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)];

    /// <summary>What is kept in the data folder, as it is: what was true when it was written, a file that it names for one, may no longer be.</summary>
    /// <exception cref="UserErrorException">There are none, or what is there cannot be read.</exception>
    public static Settings Read(DataDirectory data)
    {
        const string next = "Restore it, or remove it and give dovetail up the settings again (--config, --listen, --token-file, --no-node).";
        try
        {
            var settings = JsonSerializer.Deserialize(File.ReadAllBytes(data.Settings), PlatformJson.Default.Settings) ?? throw new UserErrorException($"{data.Settings} is empty", next);
            return IPEndPoint.TryParse(settings.Listen, out _) ? settings : throw new JsonException($"listen: \"{settings.Listen}\" is not ADDRESS:PORT");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new UserErrorException($"{data.Settings} cannot be read: {e.Message}", next);
        }
    }

    public void Write(DataDirectory data) => AtomicFile.Write(data.Settings, JsonSerializer.SerializeToUtf8Bytes(this, PlatformJson.Default.Settings));

    /// <summary>What a configuration file says, its gaps filled with the defaults.</summary>
    public static Settings From(DovetailConfiguration file) => new()
    {
        Listen = file.Listen ?? "127.0.0.1:6443",
        TokenFile = file.TokenFile is { } tokens ? Path.GetFullPath(tokens) : null,
        Node = file.Node?.Enabled ?? true,
        NodeName = file.Node?.Name,
        PodCIDR = file.Node?.PodCIDR,
        HandlerPort = file.Node?.HandlerPort ?? 0,
        KubeletPort = file.Node?.KubeletPort,
        RegistryPort = file.Registry?.Port ?? 5000,
        HistoryRetentionHours = file.History?.RetentionHours ?? 24,
        HistoryRetentionMegabytes = file.History?.RetentionMegabytes ?? 1024,
        CertificateLifetimeMinutes = file.Certificates?.LifetimeMinutes ?? DefaultCertificateLifetimeMinutes,
        ServiceClusterIPRange = file.Api?.ServiceClusterIPRange ?? "10.96.0.0/12",
        AuthorizationModes = file.Api?.AuthorizationModes is { } modes ? string.Join(',', modes) : "Node,RBAC",
        DisabledAdmissionPlugins = string.Join(',', file.Api?.DisabledAdmissionPlugins ?? []),
        ClientCAFile = file.Api?.ClientCAFile is { } authorities ? Path.GetFullPath(authorities) : null,
        AccessLog = file.Api?.AccessLog ?? false,
    };

    /// <summary>Flags win over what the file says or the platform had before; what they leave away stays.</summary>
    /// <exception cref="UserErrorException">The outcome cannot be used; every fault is named.</exception>
    public Settings With(string? listen, string? tokenFile, bool? noNode, ApiFlags? api = null)
    {
        return (this with
        {
            Listen = listen ?? Listen,
            TokenFile = tokenFile is null ? TokenFile : Path.GetFullPath(tokenFile),
            Node = noNode is { } no ? !no : Node,
            ServiceClusterIPRange = api?.ServiceClusterIPRange ?? ServiceClusterIPRange,
            AuthorizationModes = api?.AuthorizationMode ?? AuthorizationModes,
            DisabledAdmissionPlugins = api?.DisableAdmissionPlugins ?? DisabledAdmissionPlugins,
            ClientCAFile = api?.ClientCAFile is { } authorities ? Path.GetFullPath(authorities) : ClientCAFile,
        }).Validated();
    }

    /// <summary>In words, what is not as in <paramref name="running"/>: <c>listen is 127.0.0.1:6443, not 127.0.0.1:7443</c>. Empty when all is the same.</summary>
    public ImmutableArray<string> DifferencesFrom(Settings running) =>
        [.. Named().Zip(running.Named()).Where(p => p.First.Value != p.Second.Value).Select(p => $"{p.First.Field} is {p.Second.Value}, not {p.First.Value}")];

    private IEnumerable<(string Field, string Value)> Named() =>
    [
        ("listen", Listen),
        ("tokenFile", TokenFile ?? "none"),
        ("node.enabled", Node ? "true" : "false"),
        ("node.name", NodeName ?? "the host's"),
        ("node.podCIDR", PodCIDR ?? "chosen by itself"),
        ("node.handlerPort", $"{HandlerPort}"),
        ("node.kubeletPort", KubeletPort is { } kubelet ? $"{kubelet}" : "10250 or a free one"),
        ("registry.port", $"{RegistryPort}"),
        ("history.retentionHours", $"{HistoryRetentionHours}"),
        ("history.retentionMegabytes", $"{HistoryRetentionMegabytes}"),
        ("certificates.lifetimeMinutes", $"{CertificateLifetimeMinutes}"),
        ("api.serviceClusterIPRange", ServiceClusterIPRange),
        ("api.authorizationModes", AuthorizationModes),
        ("api.disabledAdmissionPlugins", DisabledAdmissionPlugins.Length > 0 ? DisabledAdmissionPlugins : "none"),
        ("api.clientCAFile", ClientCAFile ?? "none"),
        ("api.accessLog", AccessLog ? "true" : "false"),
    ];

    /// <summary>Reads a configuration file; every fault is named.</summary>
    public static DovetailConfiguration ReadConfiguration(string path)
    {
        try
        {
            var json = YamlToJson.Convert(File.ReadAllBytes(path));
            var file = JsonSerializer.Deserialize(json, ConfigurationJson.Default.DovetailConfiguration) ?? throw new UserErrorException($"{path} is empty", "See docs/configuration.md.");
            if (file.ApiVersion != DovetailConfiguration.ExpectedApiVersion || file.Kind != DovetailConfiguration.ExpectedKind)
                throw new UserErrorException($"{path}: apiVersion must be {DovetailConfiguration.ExpectedApiVersion} and kind {DovetailConfiguration.ExpectedKind}", "See docs/configuration.md.");
            return file;
        }
        catch (JsonException e) when (e.Path is { Length: > 2 } field)
        {
            throw new UserErrorException($"the configuration {path} cannot be used: {field[2..]} is no field of it, or its value is of another type", "See docs/configuration.md.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or YamlFormatException)
        {
            throw new UserErrorException($"the configuration {path} cannot be used: {e.Message}", "See docs/configuration.md.");
        }
    }

    /// <summary>These settings, when a part can start with them on this machine now.</summary>
    /// <exception cref="UserErrorException">It cannot; every fault is named.</exception>
    public Settings Validated()
    {
        var faults = ImmutableArray.CreateBuilder<string>();
        if (!IPEndPoint.TryParse(Listen, out var end) || end.Port == 0) faults.Add($"listen: \"{Listen}\" is not ADDRESS:PORT");
        if (RegistryPort is < 1 or > 65535) faults.Add($"registry.port: {RegistryPort} is not a port");
        if (HandlerPort is < 0 or > 65535) faults.Add($"node.handlerPort: {HandlerPort} is not a port");
        if (KubeletPort is < 0 or > 65535) faults.Add($"node.kubeletPort: {KubeletPort} is not a port");
        if (HistoryRetentionHours < 1) faults.Add($"history.retentionHours: {HistoryRetentionHours} is less than 1");
        if (HistoryRetentionMegabytes < 1) faults.Add($"history.retentionMegabytes: {HistoryRetentionMegabytes} is less than 1");
        if (CertificateLifetimeMinutes is < 1 or > 10 * DefaultCertificateLifetimeMinutes) faults.Add($"certificates.lifetimeMinutes: {CertificateLifetimeMinutes} is not between 1 and {10 * DefaultCertificateLifetimeMinutes}, ten years");
        if (PodCIDR is not null && !IPNetwork.TryParse(PodCIDR, out _)) faults.Add($"node.podCIDR: \"{PodCIDR}\" is not a CIDR");
        if (!IPNetwork.TryParse(ServiceClusterIPRange, out var range)) faults.Add($"api.serviceClusterIPRange: \"{ServiceClusterIPRange}\" is not a CIDR");
        else if (ServiceRange.Problem(range) is { } unusable) faults.Add($"api.serviceClusterIPRange: {ServiceClusterIPRange} {unusable}");
        try
        {
            _ = Modes;
        }
        catch (FormatException e)
        {
            faults.Add($"api.authorizationModes: {e.Message}");
        }

        foreach (var problem in DisabledPlugins.Select(BuiltInAdmission.ProblemOfDisabling).OfType<string>()) faults.Add($"api.disabledAdmissionPlugins: {problem}");
        if (ClientCAFile is not null && !File.Exists(ClientCAFile)) faults.Add($"api.clientCAFile: there is no {ClientCAFile}");
        if (TokenFile is not null && !File.Exists(TokenFile)) faults.Add($"tokenFile: there is no {TokenFile}");
        return faults.Count == 0 ? this : throw new UserErrorException(string.Join("; ", faults), "See docs/configuration.md.");
    }

    private static IPEndPoint ParseListen(string listen) => IPEndPoint.Parse(listen);

    private static string HostPart(IPAddress address) => address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? $"[{address}]" : address.ToString();
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(DovetailConfiguration))]
internal sealed partial class ConfigurationJson : JsonSerializerContext;
