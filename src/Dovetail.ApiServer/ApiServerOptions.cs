using System.Collections.Immutable;
using System.Net;
using Dovetail.ApiServer.Admission;
using Dovetail.ApiServer.Bootstrap;
using Dovetail.ApiServer.Http;
using Dovetail.ApiServer.Registry;
using Dovetail.ApiServer.Security;
using Microsoft.Extensions.Logging;

namespace Dovetail.ApiServer;

/// <summary>How the API server is served.</summary>
public sealed record ApiServerOptions
{
    /// <summary>Where to listen; port 0 takes a free one.</summary>
    public required IPEndPoint Listen { get; init; }

    /// <summary>The folder of the certificate authority and of what it issues.</summary>
    public required string PkiFolder { get; init; }

    /// <summary>Names and addresses that the serving certificate carries besides loopback, the host's name and the cluster's own.</summary>
    public ImmutableArray<string> ServerNames { get; init; } = [];

    /// <summary>How long certificates live that the server makes for itself; each is renewed, without a restart, at 70 to 90 % of it.</summary>
    public TimeSpan CertificateLifetime { get; init; } = CertificateAuthority.LeafLifetime;

    /// <summary>Static bearer tokens in upstream's CSV format; null for none.</summary>
    public string? TokenFile { get; init; }

    /// <summary>PEM file of authorities whose client certificates count besides our own's; null for none.</summary>
    public string? ClientCAFile { get; init; }

    /// <summary>Who decides what a user may do.</summary>
    public AuthorizationModes Authorization { get; init; } = AuthorizationModes.Default;

    /// <summary>Names of admission plugins that do not run (<see cref="BuiltInAdmission"/>).</summary>
    public ImmutableArray<string> DisabledAdmissionPlugins { get; init; } = [];

    /// <summary>Addresses of services, IPv4.</summary>
    public IPNetwork ServiceRange { get; init; } = Registry.ServiceAddresses.ServiceRange.Default;

    public Randomness Randomness { get; init; } = Randomness.System;

    /// <summary>The platform's own CRDs (JSON), there before the server is ready. Their CEL rules are accepted: an admission plugin enforces them.</summary>
    public ImmutableArray<ReadOnlyMemory<byte>> PlatformCrds { get; init; } = [];

    /// <summary>Further objects of the platform's own that are there before anything is served.</summary>
    public ImmutableArray<SystemObject> PlatformObjects { get; init; } = [];

    /// <summary>More parts of <c>/readyz</c>.</summary>
    public ImmutableArray<HealthCheck> HealthChecks { get; init; } = [];

    public int MaxReadsInFlight { get; init; } = 400;

    public int MaxWritesInFlight { get; init; } = 200;

    /// <summary>How many bytes of request bodies are read at once; what comes on top is told to come back (429).</summary>
    public long MaxBodyBytesInFlight { get; init; } = 96 * 1024 * 1024;

    /// <summary>At which level each request is logged in one line.</summary>
    public LogLevel AccessLogLevel { get; init; } = LogLevel.Debug;

    /// <summary>How long a stop waits for requests in flight.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(5);
}
