using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Dovetail.ApiServer.Http;

/// <summary>What a connection sends, in pieces that fill a TLS record (RFC 8446, 5.1: 2^14 bytes). The server's own pipe passes pages of 4 KB to TLS, each of which becomes a record with a cost of its own:
/// of a long list that was a third of the time.</summary>
internal sealed class FullTlsRecords(PipeReader input, PipeWriter output) : IDuplexPipe
{
    private static readonly StreamPipeWriterOptions Pieces = new(minimumBufferSize: 16 * 1024, leaveOpen: true);

    public PipeReader Input => input;

    public PipeWriter Output => output;

    /// <summary>To be called for a connection whose TLS handshake is done.</summary>
    public static void Use(ConnectionContext connection)
    {
        var tls = connection.Features.Get<ISslStreamFeature>()!.SslStream;
        connection.Transport = new FullTlsRecords(connection.Transport.Input, PipeWriter.Create(tls, Pieces));
    }
}
