using System.Net;
using System.Security.Cryptography.X509Certificates;
using Dovetail.Machinery.Endpoints;

namespace Dovetail.Node.Kubelet;

/// <summary>How this node serves what kubelets serve: logs, commands, ports, its pods. The API server is its main client.</summary>
public sealed record KubeletOptions
{
    /// <summary>The port that kubelets have everywhere.</summary>
    public const int UsualPort = 10250;

    /// <summary>TCP port on the node's address; 0 takes a free one. Null: <see cref="UsualPort"/>, or a free one when another has that.</summary>
    public int? Port { get; init; }

    /// <summary>The serving certificate with its key, asked for at each handshake, so that a renewed one is used at once.</summary>
    public required Func<X509Certificate2> Certificate { get; init; }

    /// <summary>The user that a client certificate proves; null when it proves none.</summary>
    public required Func<X509Certificate2, UserInfo?> Authenticate { get; init; }

    /// <summary>Where to listen; null: the node's address alone.</summary>
    public IPAddress? Listen { get; init; }
}
