using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;
using Dovetail.Runtime.Seam;
using k8s.Models;
using Microsoft.AspNetCore.Http;

namespace Dovetail.Node.Kubelet;

/// <summary>Who asks, and whether they may: client certificates are proven here, tokens by TokenReview, permissions by SubjectAccessReview, both kept for as long as kubelets keep them.</summary>
internal sealed class KubeletAccess(KubeletOptions options, string nodeName, IKubeApi api, TimeProvider time)
{
    private static readonly TimeSpan TokenLife = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan AllowedLife = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan DeniedLife = TimeSpan.FromSeconds(30);
    private readonly TimedCache<string, UserInfo> tokens = new(time);
    private readonly TimedCache<string, bool> decisions = new(time);

    /// <summary>True: the request may go on. False: it was answered.</summary>
    public async Task<bool> AdmitAsync(HttpContext context, CancellationToken ct)
    {
        try
        {
            if (await AuthenticateAsync(context, ct) is not { } user) return await RefuseAsync(context, StatusCodes.Status401Unauthorized, "Unauthorized", ct);
            var access = NodeAccess.Of(context.Request.Method, context.Request.Path);
            foreach (var subresource in access.Subresources)
            {
                if (user.IsMaster || await AllowsAsync(user, access.Verb, subresource, ct)) return true;
            }

            return await RefuseAsync(context, StatusCodes.Status403Forbidden, $"Forbidden (user={user.Name}, verb={access.Verb}, resource=nodes, subresource(s)=[{string.Join(' ', access.Subresources)}])\n", ct);
        }
        catch (Exception e) when (e is StatusException or HttpRequestException or IOException)
        {
            return await RefuseAsync(context, StatusCodes.Status500InternalServerError, $"Authorization error: the API server does not answer: {e.Message}", ct);
        }
    }

    private async Task<UserInfo?> AuthenticateAsync(HttpContext context, CancellationToken ct)
    {
        if (context.Connection.ClientCertificate is { } certificate && options.Authenticate(certificate) is { } proven) return proven;
        const string scheme = "Bearer ";
        if (context.Request.Headers.Authorization.ToString() is not { } header || !header.StartsWith(scheme, StringComparison.OrdinalIgnoreCase)) return null;
        var token = header[scheme.Length..].Trim();
        // Tokens are not kept, their hashes are.
        var key = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(token)));
        if (tokens.TryGet(key, out var known)) return known;
        var review = await api.CreateAsync(BuiltInTypes.TokenReviews, new V1TokenReview { Metadata = new V1ObjectMeta(), Spec = new V1TokenReviewSpec { Token = token } }, ct);
        if (review.Status is not { Authenticated: true, User: { Username.Length: > 0 } told }) return null;
        var user = new UserInfo(told.Username, [.. told.Groups ?? []])
        {
            Uid = told.Uid ?? "",
            Extra = (told.Extra ?? new Dictionary<string, IList<string>>()).ToImmutableSortedDictionary(e => e.Key, e => e.Value.ToImmutableArray(), StringComparer.Ordinal),
        };
        tokens.Set(key, user, TokenLife);
        return user;
    }

    private async Task<bool> AllowsAsync(UserInfo user, string verb, string subresource, CancellationToken ct)
    {
        var key = string.Join('\n', [verb, subresource, user.Name, user.Uid, .. user.Groups, .. user.Extra.Select(e => $"{e.Key}={string.Join(',', e.Value)}")]);
        if (decisions.TryGet(key, out var known)) return known;
        var review = await api.CreateAsync(BuiltInTypes.SubjectAccessReviews, new V1SubjectAccessReview
        {
            Metadata = new V1ObjectMeta(),
            Spec = new V1SubjectAccessReviewSpec
            {
                User = user.Name,
                Uid = user.Uid.Length > 0 ? user.Uid : null,
                Groups = [.. user.Groups],
                Extra = user.Extra.Count == 0 ? null : user.Extra.ToDictionary(e => e.Key, e => (IList<string>)[.. e.Value]),
                ResourceAttributes = new V1ResourceAttributes { Verb = verb, Version = "v1", Resource = "nodes", Subresource = subresource, Name = nodeName },
            },
        }, ct);
        var allowed = review.Status?.Allowed == true;
        decisions.Set(key, allowed, allowed ? AllowedLife : DeniedLife);
        return allowed;
    }

    private static async Task<bool> RefuseAsync(HttpContext context, int code, string text, CancellationToken ct)
    {
        context.Response.StatusCode = code;
        context.Response.ContentType = "text/plain; charset=utf-8";
        await context.Response.WriteAsync(text, ct);
        return false;
    }
}
