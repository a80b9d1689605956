using System.Text.Json.Nodes;
using Dovetail.ApiServer.Security;
using Dovetail.ApiServer.Security.Tokens;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;
using Dovetail.Machinery.Schemas;

namespace Dovetail.ApiServer.Registry;

/// <summary>Questions that are asked by creating an object: who am I, may I, may they. Nothing is stored.</summary>
internal sealed class AccessReviews(IAuthorizer authorizer, BearerTokens tokens, TimeProvider time)
{
    public WriteResult Answer(WriteContext write, ReadOnlyMemory<byte> json)
    {
        var review = BodyDecoder.DecodeAs(write, json, write.BodyKind);
        var metadata = review.Metadata();
        if (write.Resource.Namespaced) RequireNamespace(write, metadata);
        var user = write.Target.User;
        review["status"] = write.Resource.Kind switch
        {
            "SelfSubjectReview" => new JsonObject { ["userInfo"] = Describe(user) },
            "SelfSubjectAccessReview" => Decide(Valid(write, review), user),
            "SubjectAccessReview" or "LocalSubjectAccessReview" => Decide(Valid(write, review), Subject(review.Child("spec")!)),
            "TokenReview" => Token(review.Child("spec") ?? []),
            "SelfSubjectRulesReview" => Rules(user, review.Child("spec")?.Text("namespace") ?? ""),
            _ => throw Refusals.ServiceUnavailable($"{write.Resource.Plural}.{write.Resource.Group} are not answered by this release of Dovetail"),
        };
        if (write.Resource.Kind == "SelfSubjectReview") metadata["creationTimestamp"] = ObjectMeta.Timestamp(time.GetUtcNow());
        if (write.Resource.Kind == "SelfSubjectRulesReview") review["spec"] = new JsonObject();
        return new(new(0, ObjectRenderer.Bytes(review)), Created: true, Removed: false, [.. write.Warnings]);
    }

    /// <summary>A user as <c>authentication.k8s.io/v1 UserInfo</c>.</summary>
    public static JsonObject Describe(UserInfo user)
    {
        var info = new JsonObject { ["username"] = user.Name };
        if (user.Uid.Length > 0) info["uid"] = user.Uid;
        if (!user.Groups.IsEmpty) info["groups"] = Array(user.Groups);
        if (!user.Extra.IsEmpty) info["extra"] = new JsonObject(user.Extra.Select(e => KeyValuePair.Create<string, JsonNode?>(e.Key, Array(e.Value))));
        return info;
    }

    private JsonObject Token(JsonObject spec)
    {
        if (spec.Text("token").Length == 0) throw Refusals.BadRequest("token is required for TokenReview in authentication");
        var outcome = tokens.Check(spec.Text("token"), [.. spec.Strings("audiences")]);
        if (outcome.User is { } user) return new JsonObject { ["authenticated"] = true, ["user"] = Describe(user), ["audiences"] = Array(outcome.Audiences) };
        var status = new JsonObject { ["user"] = new JsonObject() };
        if (outcome.Error.Length > 0) status["error"] = outcome.Error;
        return status;
    }

    private static void RequireNamespace(WriteContext write, JsonObject metadata)
    {
        if (metadata.Text("namespace") is { Length: > 0 } own && own != write.Target.Namespace)
            throw Refusals.BadRequest("the namespace of the provided object does not match the namespace sent on the request");
        metadata["namespace"] = write.Target.Namespace;
    }

    /// <summary>The spec, once everything in it and in the metadata is in order.</summary>
    private static JsonObject Valid(WriteContext write, JsonObject review)
    {
        if (review["spec"] is null) review["spec"] = new JsonObject();
        var spec = review.Child("spec")!;
        List<StatusCause> causes = [];
        var (resource, path) = (spec.Child("resourceAttributes"), spec.Child("nonResourceAttributes"));
        if (resource is not null && path is not null) causes.Add(FieldErrors.Invalid("spec.nonResourceAttributes", path, "cannot be specified in combination with resourceAttributes"));
        if (resource is null && path is null) causes.Add(FieldErrors.Invalid("spec.resourceAttributes", null, "exactly one of nonResourceAttributes or resourceAttributes must be specified"));
        if (write.Resource.Kind != "SelfSubjectAccessReview" && spec.Text("user").Length == 0 && !spec.Strings("groups").Any())
            causes.Add(FieldErrors.Invalid("spec.user", JsonValue.Create(""), "at least one of user or group must be specified"));
        if (resource is not null) Selectors(resource, causes);
        var local = write.Resource.Kind == "LocalSubjectAccessReview";
        if (review.Metadata().Any(p => p.Key is not ("managedFields" or "creationTimestamp") && !(local && p.Key == "namespace")))
            causes.Add(FieldErrors.Invalid("metadata", review.Metadata(), local ? "must be empty except for namespace" : "must be empty"));
        if (local && resource is not null && resource.Text("namespace") != write.Target.Namespace)
            causes.Add(FieldErrors.Invalid("spec.resourceAttributes.namespace", JsonValue.Create(resource.Text("namespace")), "must match metadata.namespace"));
        if (local && path is not null) causes.Add(FieldErrors.Invalid("spec.nonResourceAttributes", path, "disallowed on this kind of request"));
        // Upstream names no kind here.
        return causes.Count == 0 ? spec : throw Refusals.Invalid(write.Resource.Group, "", "", causes);
    }

    private static void Selectors(JsonObject resource, List<StatusCause> causes)
    {
        foreach (var name in new[] { "fieldSelector", "labelSelector" })
        {
            if (resource.Child(name) is not { } selector) continue;
            var at = $"spec.resourceAttributes.{name}";
            var (raw, listed) = (selector.Text("rawSelector"), selector["requirements"] is JsonArray { Count: > 0 });
            if (raw.Length > 0 && listed) causes.Add(FieldErrors.Invalid($"{at}.rawSelector", JsonValue.Create(raw), "may not specified at the same time as requirements"));
            if (raw.Length == 0 && !listed)
                causes.Add(new StatusCause("FieldValueRequired", $"Required value: when {at} is specified, requirements or rawSelector is required", $"{at}.requirements"));
        }
    }

    private static UserInfo Subject(JsonObject spec)
    {
        var extra = UserInfo.NoExtra;
        foreach (var (key, values) in spec.Child("extra") ?? [])
            extra = extra.SetItem(key.ToLowerInvariant(), values is JsonArray array ? [.. array.OfType<JsonValue>().Select(v => v.ToString())] : []);
        return new UserInfo(spec.Text("user"), [.. spec.Strings("groups")]) { Uid = spec.Text("uid"), Extra = extra };
    }

    private JsonObject Decide(JsonObject spec, UserInfo user)
    {
        var request = spec.Child("resourceAttributes") is { } resource
            ? new AccessRequest
            {
                User = user,
                Verb = resource.Text("verb"),
                Group = resource.Text("group"),
                Resource = resource.Text("resource"),
                Subresource = resource.Text("subresource"),
                Namespace = resource.Text("namespace"),
                Name = resource.Text("name"),
                FieldSelector = FieldSelectorOf(resource.Child("fieldSelector")),
            }
            : new AccessRequest { User = user, Verb = spec.Child("nonResourceAttributes")!.Text("verb"), Path = spec.Child("nonResourceAttributes")!.Text("path") };
        var decision = authorizer.Decide(request);
        var status = new JsonObject { ["allowed"] = decision.Allowed };
        if (decision.Reason.Length > 0) status["reason"] = decision.Reason;
        return status;
    }

    private static string FieldSelectorOf(JsonObject? selector)
    {
        if (selector is null) return "";
        if (selector.Text("rawSelector") is { Length: > 0 } raw) return raw;
        var terms = (selector["requirements"] as JsonArray ?? []).OfType<JsonObject>();
        // What cannot be said as a field selector narrows nothing.
        return string.Join(',', terms.Where(t => t.Text("operator") == "In" && t["values"] is JsonArray { Count: 1 }).Select(t => $"{t.Text("key")}={t.Strings("values").FirstOrDefault()}"));
    }

    private JsonObject Rules(UserInfo user, string ns)
    {
        if (ns.Length == 0) throw Refusals.BadRequest("no namespace on request");
        var applying = authorizer.RulesOf(user, ns);
        var resources = new JsonArray();
        var paths = new JsonArray();
        foreach (var rule in applying.Rules)
        {
            if (rule.Resources.Length > 0)
            {
                var shown = new JsonObject { ["verbs"] = Array(rule.Verbs), ["apiGroups"] = Array(rule.ApiGroups), ["resources"] = Array(rule.Resources) };
                if (rule.ResourceNames.Length > 0) shown["resourceNames"] = Array(rule.ResourceNames);
                resources.Add((JsonNode)shown);
            }

            if (rule.NonResourceUrls.Length > 0) paths.Add((JsonNode)new JsonObject { ["verbs"] = Array(rule.Verbs), ["nonResourceURLs"] = Array(rule.NonResourceUrls) });
        }

        var status = new JsonObject { ["resourceRules"] = resources, ["nonResourceRules"] = paths, ["incomplete"] = applying.Incomplete };
        if (applying.Problem.Length > 0) status["evaluationError"] = applying.Problem;
        return status;
    }

    private static JsonArray Array(IEnumerable<string> values) => new([.. values.Select(v => JsonValue.Create(v))]);
}
