using System.Text;
using Dovetail.ApiServer;
using Dovetail.ApiServer.Certificates;
using Dovetail.Workloads.Identity;

namespace Dovetail.Cli.Hosting;

/// <summary>The keys of the server in this process, for the controllers beside it.</summary>
internal sealed class ServerCredentials(ApiServerHost server, TimeProvider time) : ICredentialIssuer
{
    private readonly CertificateSigner signer = new(server.Authority, time);

    public string RootCertificate => server.Authority.CertificatePem;

    public string TokenForSecret(string ns, string account, string accountUid, string secret) => server.Registry.AccountTokens.IssueForSecret(ns, account, accountUid, secret);

    public byte[] Certify(ReadOnlyMemory<byte> request, IReadOnlyCollection<string> usages, TimeSpan lifetime) =>
        Encoding.ASCII.GetBytes(signer.Certify(SigningRequest.Parse(request.Span), usages, lifetime));
}
