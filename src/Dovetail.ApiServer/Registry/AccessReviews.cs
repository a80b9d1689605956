using System.Text.Json.Nodes;
using Dovetail.ApiServer.Security;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;

namespace Dovetail.ApiServer.Registry;

/// <summary>Questions that are asked by creating an object: who am I, may I, may they. Nothing is stored.</summary>
internal sealed class AccessReviews(IAuthorizer authorizer)
{
    public WriteResult Answer(WriteContext write, ReadOnlyMemory<byte> json)
    {
        var (review, _) = BodyDecoder.Decode(write, json, write.Resource.Kind, write.Resource.ApiVersion);
        var user = write.Target.User;
        review["status"] = write.Resource.Kind switch
        {
            "SelfSubjectReview" => new JsonObject { ["userInfo"] = Describe(user) },
            "SelfSubjectAccessReview" => Decide(Spec(write, review), user, null),
            "SubjectAccessReview" => Decide(Spec(write, review), Subject(write, Spec(write, review)), null),
            "LocalSubjectAccessReview" => Decide(Spec(write, review), Subject(write, Spec(write, review)), write.Target.Namespace),
            "SelfSubjectRulesReview" => Rules(user),
            _ => throw Refusals.ServiceUnavailable($"{write.Resource.Plural}.{write.Resource.Group} are not answered by this release of Dovetail"),
        };
        var metadata = review.Metadata();
        if (write.Resource.Namespaced) metadata["namespace"] = write.Target.Namespace;
        metadata["creationTimestamp"] = null;
        return new(new(0, ObjectRenderer.Bytes(review)), Created: true, Removed: false, []);
    }

    private static JsonObject Spec(WriteContext write, JsonObject review) =>
        review.Child("spec") ?? throw Refusals.Invalid(write.Resource.Group, write.Resource.Kind, "", [new StatusCause("FieldValueRequired", "Required value", "spec")]);

    private static UserInfo Subject(WriteContext write, JsonObject spec)
    {
        if (spec.Text("user").Length == 0 && !spec.Strings("groups").Any())
            throw Refusals.Invalid(write.Resource.Group, write.Resource.Kind, "", [new StatusCause("FieldValueInvalid", "Invalid value: \"\": at least one of user or group must be specified", "spec.user")]);
        return new UserInfo(spec.Text("user"), [.. spec.Strings("groups")]) { Uid = spec.Text("uid") };
    }

    private JsonObject Decide(JsonObject spec, UserInfo user, string? onlyNamespace)
    {
        AccessRequest request;
        if (spec.Child("resourceAttributes") is { } resource)
        {
            request = new()
            {
                User = user,
                Verb = resource.Text("verb"),
                Group = resource.Text("group"),
                Resource = resource.Text("resource"),
                Subresource = resource.Text("subresource"),
                Namespace = onlyNamespace ?? resource.Text("namespace"),
                Name = resource.Text("name"),
            };
        }
        else if (spec.Child("nonResourceAttributes") is { } path)
        {
            request = new() { User = user, Verb = path.Text("verb"), Path = path.Text("path") };
        }
        else
        {
            throw Refusals.Invalid("authorization.k8s.io", "SubjectAccessReview", "", [new StatusCause(
                "FieldValueInvalid", "Invalid value: exactly one of nonResourceAttributes or resourceAttributes must be specified", "spec.resourceAttributes")]);
        }

        var refusal = authorizer.Refuse(request);
        var status = new JsonObject { ["allowed"] = refusal is null };
        if (!string.IsNullOrEmpty(refusal)) status["reason"] = refusal;
        return status;
    }

    private JsonObject Rules(UserInfo user)
    {
        var resources = new JsonArray();
        var paths = new JsonArray();
        foreach (var rule in authorizer.RulesOf(user))
        {
            if (rule.Resources.Count > 0)
                resources.Add((JsonNode)new JsonObject { ["verbs"] = Array(rule.Verbs), ["apiGroups"] = Array(rule.Groups), ["resources"] = Array(rule.Resources) });
            else
                paths.Add((JsonNode)new JsonObject { ["verbs"] = Array(rule.Verbs), ["nonResourceURLs"] = Array(rule.Paths) });
        }

        return new JsonObject { ["resourceRules"] = resources, ["nonResourceRules"] = paths, ["incomplete"] = false };
    }

    private static JsonObject Describe(UserInfo user)
    {
        var info = new JsonObject { ["username"] = user.Name };
        if (user.Uid.Length > 0) info["uid"] = user.Uid;
        info["groups"] = Array(user.Groups);
        return info;
    }

    private static JsonArray Array(IEnumerable<string> values) => new([.. values.Select(v => JsonValue.Create(v))]);
}
