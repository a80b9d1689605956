using System.Text.Json.Nodes;
using Dovetail.ApiServer.Security.Tokens;
using Dovetail.Machinery.Admission;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Schemas;
using Dovetail.Store;

namespace Dovetail.ApiServer.Registry;

/// <summary><c>serviceaccounts/NAME/token</c>: issues a token for an account, bound to a Pod, a Secret or a Node when the request says so.</summary>
internal sealed class TokenRequests(IRevisionStore store, AdmissionChain admission, ServiceAccountTokens tokens, TimeProvider time)
{
    private const string Group = "authentication.k8s.io";
    private const string Kind = "TokenRequest";
    private const long DefaultSeconds = 3600;
    private const long MinSeconds = 600;

    // What the mounted tokens of pods ask for: clients that read their file only once live a year, and are warned about.
    private const long MountedSeconds = 3607;
    private static readonly TimeSpan Extended = TimeSpan.FromDays(365);

    public async ValueTask<WriteResult> CreateAsync(WriteContext write, ReadOnlyMemory<byte> json, CancellationToken ct)
    {
        var (ns, name) = (write.Target.Namespace, write.Target.Name);
        var request = BodyDecoder.DecodeAs(write, json, new(Group, "v1", Kind));
        var metadata = request.Metadata();
        RequireSame(metadata, "name", name, name, "must match the service account name if specified");
        RequireSame(metadata, "namespace", ns, name, "must match the service account namespace if specified");
        var stored = store.Current.Find(new("serviceaccounts", ns, name)) ?? throw Refusals.NotFound("", "serviceaccounts", name);
        var uid = StoredJson.Text(stored.Bytes, ["metadata", "uid"]);
        if (metadata.Text("uid") is { Length: > 0 } asked && asked != uid)
            throw Refusals.Conflict(Group, Kind, name, $"the UID in the token request ({asked}) does not match the UID of the service account ({uid})");

        // The expiration told must not be later than the one in the token.
        var now = time.GetUtcNow();
        (metadata["name"], metadata["namespace"], metadata["uid"], metadata["creationTimestamp"]) = (name, ns, uid, ObjectMeta.Timestamp(now));
        var spec = request.Child("spec") ?? [];
        if (spec.Parent is null) request["spec"] = spec;
        if (!spec.Strings("audiences").Any()) spec["audiences"] = new JsonArray([.. ServiceAccountTokens.ApiAudiences.Select(a => JsonValue.Create(a))]);
        var seconds = spec.Number("expirationSeconds") ?? DefaultSeconds;
        spec["expirationSeconds"] = ObjectMeta.Long(seconds);
        if (!spec.ContainsKey("boundObjectRef")) spec["boundObjectRef"] = null;
        request.Remove("status");
        RequireExpiration(seconds);
        await AdmitAsync(write, request, ct);

        var claims = Bind(spec.Child("boundObjectRef"), new TokenClaims
        {
            Namespace = ns,
            Account = new(name, uid),
            Audiences = [.. spec.Strings("audiences")],
            IssuedAt = now,
            Expires = now.AddSeconds(seconds),
        });
        if (claims.Pod is not null && seconds == MountedSeconds && claims.Audiences.All(ServiceAccountTokens.ApiAudiences.Contains))
            claims = claims with { WarnAfter = claims.Expires, Expires = now + Extended };
        request["status"] = new JsonObject { ["token"] = write.Options.DryRun ? "" : tokens.Issue(claims), ["expirationTimestamp"] = ObjectMeta.Timestamp(now.AddSeconds(seconds)) };
        return new(new(0, ObjectRenderer.Bytes(request)), Created: true, Removed: false, [.. write.Warnings]);
    }

    private static void RequireSame(JsonObject metadata, string field, string expected, string name, string detail)
    {
        if (metadata.Text(field) is { Length: > 0 } given && given != expected)
            throw Refusals.Invalid(Group, Kind, name, [FieldErrors.Invalid($"metadata.{field}", JsonValue.Create(given), detail)]);
    }

    private static void RequireExpiration(long seconds)
    {
        var problem = seconds < MinSeconds ? "may not specify a duration less than 10 minutes" : seconds > 1L << 32 ? "may not specify a duration larger than 2^32 seconds" : null;
        if (problem is not null) throw Refusals.Invalid(Group, Kind, "", [FieldErrors.Invalid("spec.expirationSeconds", ObjectMeta.Long(seconds), problem)]);
    }

    private async ValueTask AdmitAsync(WriteContext write, JsonObject request, CancellationToken ct)
    {
        if (!admission.Handles(write.Target, AdmissionOperation.Create)) return;
        var asked = AdmissionChain.Request(AdmissionOperation.Create, write.Target, request, null, write.Options.DryRun);
        await admission.MutateAsync(asked, write.Warnings, ct);
        await admission.ValidateAsync(asked, write.Warnings, ct);
    }

    private TokenClaims Bind(JsonObject? bound, TokenClaims claims)
    {
        if (bound is null) return claims;
        var (kind, version, name) = (bound.Text("kind"), bound.Text("apiVersion"), bound.Text("name"));
        var (resource, ns) = (version is "v1" or "" ? kind : "") switch
        {
            "Pod" => ("pods", claims.Namespace),
            "Secret" => ("secrets", claims.Namespace),
            "Node" => ("nodes", ""),
            _ => throw Refusals.BadRequest($"cannot bind token to object of type {GroupVersionKind(version, kind)}"),
        };
        var stored = store.Current.Find(new(resource, ns, name)) ?? throw Refusals.NotFound("", resource, name);
        var reference = new TokenReference(name, StoredJson.Text(stored.Bytes, ["metadata", "uid"]));
        if (kind == "Pod" && StoredJson.Text(stored.Bytes, ["spec", "serviceAccountName"]) != claims.Account.Name)
            throw Refusals.BadRequest($"cannot bind token for serviceaccount \"{claims.Account.Name}\" to pod running with different serviceaccount name.");
        if (bound.Text("uid") is { Length: > 0 } uid && uid != reference.Uid)
        {
            throw Refusals.Conflict(
                "", kind, name, $"the UID in the bound object reference ({uid}) does not match the UID in record. The object might have been deleted and then recreated");
        }

        return kind switch
        {
            "Pod" => claims with { Pod = reference, Node = NodeOf(StoredJson.Text(stored.Bytes, ["spec", "nodeName"])) },
            "Secret" => claims with { Secret = reference },
            _ => claims with { Node = reference },
        };
    }

    /// <summary>A node that is not there is named all the same, so that whoever reads the token knows where its pod was placed.</summary>
    private TokenReference? NodeOf(string name)
    {
        if (name.Length == 0) return null;
        var node = store.Current.Find(new("nodes", "", name));
        return new(name, node is null ? "" : StoredJson.Text(node.Bytes, ["metadata", "uid"]));
    }

    private static string GroupVersionKind(string apiVersion, string kind)
    {
        var slash = apiVersion.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 ? $"/{apiVersion}, Kind={kind}" : $"{apiVersion}, Kind={kind}";
    }
}
