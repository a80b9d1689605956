using System.Text.Json.Nodes;
using Dovetail.ApiServer.Registry;
using Dovetail.ApiServer.Security.Nodes;
using Dovetail.Machinery.Admission;
using Dovetail.Store;

namespace Dovetail.ApiServer.Admission;

/// <summary>Gives a pod its service account, and mounts the account's token where neither says not to.</summary>
internal sealed class ServiceAccountPlugin(IRevisionStore store, Randomness randomness) : BuiltInPlugin("", "pods", AdmissionOperation.Create)
{
    private const string AutomountToken = "automountServiceAccountToken";
    private const string Default = "default";
    private const string MirrorAnnotation = "kubernetes.io/config.mirror";
    private const string MountPath = "/var/run/secrets/kubernetes.io/serviceaccount";

    // An account that is checked for its mountable secrets is marked so.
    private const string MountableSecrets = "kubernetes.io/enforce-mountable-secrets";

    protected override string? Mutate(JsonObject obj, AdmissionRequest request)
    {
        if (obj.Child("spec") is not { } spec) return null;
        if (obj.Metadata().Child("annotations")?.ContainsKey(MirrorAnnotation) == true) return Mirror(obj);
        var name = spec.Text("serviceAccountName");
        if (name.Length == 0) name = Default;
        (spec["serviceAccountName"], spec["serviceAccount"]) = (name, name);
        var stored = store.Current.Find(new("serviceaccounts", request.Target.Namespace, name));
        // Upstream waits here for its controller to make a new namespace's default account; it will be there before anything runs.
        if (stored is null && name != Default) return $"error looking up service account {request.Target.Namespace}/{name}: serviceaccount \"{name}\" not found";
        var account = stored is null ? [] : StoredJson.Tree(stored.Bytes);
        if (spec.Flag(AutomountToken) ?? account.Flag(AutomountToken) ?? true) Mount(spec);
        if (spec["imagePullSecrets"] is not JsonArray { Count: > 0 } && account["imagePullSecrets"] is JsonArray { Count: > 0 } secrets) spec["imagePullSecrets"] = secrets.DeepClone();
        return account.Metadata().Child("annotations")?.Text(MountableSecrets) is "true" or "1" or "t" or "T" or "TRUE" or "True" ? Unmountable(spec, account, name) : null;
    }

    private static string? Mirror(JsonObject pod)
    {
        return NodeReferences.FirstIn(pod) switch
        {
            "serviceaccounts" => "a mirror pod may not reference service accounts",
            "secrets" => "a mirror pod may not reference secrets",
            _ => null,
        };
    }

    private void Mount(JsonObject spec)
    {
        var volume = "";
        foreach (var list in new[] { "initContainers", "containers" })
        {
            foreach (var container in (spec[list] as JsonArray ?? []).OfType<JsonObject>())
            {
                if (container["volumeMounts"] is not JsonArray mounts)
                {
                    mounts = [];
                    container["volumeMounts"] = mounts;
                }

                // Who mounts something there himself keeps it.
                if (mounts.OfType<JsonObject>().Any(m => m.Text("mountPath") == MountPath)) continue;
                if (volume.Length == 0) volume = randomness.Name("kube-api-access-");
                mounts.Add((JsonNode)new JsonObject { ["name"] = volume, ["readOnly"] = true, ["mountPath"] = MountPath });
            }
        }

        if (volume.Length == 0) return;
        if (spec["volumes"] is not JsonArray volumes)
        {
            volumes = [];
            spec["volumes"] = volumes;
        }

        volumes.Add((JsonNode)Volume(volume));
    }

    private static JsonObject Volume(string name) => new()
    {
        ["name"] = name,
        ["projected"] = new JsonObject
        {
            ["sources"] = new JsonArray(
                new JsonObject { ["serviceAccountToken"] = new JsonObject { ["expirationSeconds"] = 3607, ["path"] = "token" } },
                new JsonObject { ["configMap"] = new JsonObject { ["name"] = "kube-root-ca.crt", ["items"] = new JsonArray(new JsonObject { ["key"] = "ca.crt", ["path"] = "ca.crt" }) } },
                new JsonObject
                {
                    ["downwardAPI"] = new JsonObject
                    {
                        ["items"] = new JsonArray(new JsonObject { ["path"] = "namespace", ["fieldRef"] = new JsonObject { ["apiVersion"] = "v1", ["fieldPath"] = "metadata.namespace" } }),
                    },
                }),
            ["defaultMode"] = 420,
        },
    };

    private static string? Unmountable(JsonObject spec, JsonObject account, string name)
    {
        var allowed = (account["secrets"] as JsonArray ?? []).OfType<JsonObject>().Select(s => s.Text("name")).ToHashSet(StringComparer.Ordinal);
        foreach (var volume in (spec["volumes"] as JsonArray ?? []).OfType<JsonObject>())
        {
            if (volume.Child("secret")?.Text("secretName") is { } secret && !allowed.Contains(secret))
                return $"volume with secret.secretName=\"{secret}\" is not allowed because service account {name} does not reference that secret";
        }

        foreach (var (list, what) in new[] { ("initContainers", "init container"), ("containers", "container") })
        {
            foreach (var container in (spec[list] as JsonArray ?? []).OfType<JsonObject>())
            {
                foreach (var env in (container["env"] as JsonArray ?? []).OfType<JsonObject>())
                {
                    if (env.Child("valueFrom")?.Child("secretKeyRef")?.Text("name") is { } secret && !allowed.Contains(secret))
                        return $"{what} {container.Text("name")} with envVar {env.Text("name")} referencing secret.secretName=\"{secret}\" is not allowed because service account {name} does not reference that secret";
                }

                foreach (var from in (container["envFrom"] as JsonArray ?? []).OfType<JsonObject>())
                {
                    if (from.Child("secretRef")?.Text("name") is { } secret && !allowed.Contains(secret))
                        return $"{what} {container.Text("name")} with envFrom referencing secret.secretName=\"{secret}\" is not allowed because service account {name} does not reference that secret";
                }
            }
        }

        var pull = (account["imagePullSecrets"] as JsonArray ?? []).OfType<JsonObject>().Select(s => s.Text("name")).ToHashSet(StringComparer.Ordinal);
        var named = (spec["imagePullSecrets"] as JsonArray ?? []).OfType<JsonObject>().Select(s => s.Text("name")).ToArray();
        for (var i = 0; i < named.Length; i++)
        {
            if (!pull.Contains(named[i])) return $"imagePullSecrets[{i}].name=\"{named[i]}\" is not allowed because service account {name} does not reference that imagePullSecret";
        }

        return null;
    }
}
