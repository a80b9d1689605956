using System.Text.Json.Nodes;
using k8s.Models;

namespace Dovetail.Cli.Why;

/// <summary>Why a disk is not there yet: claims and DataVolumes.</summary>
internal static class VolumeCauses
{
    public static IEnumerable<Cause> All(WhyFacts f) => f.Claims.Select(claim => Explain(claim, f)).Concat(f.DataVolumes.Select(volume => Explain(volume, f))).Where(cause => cause.Worst > Standing.AsAsked);

    public static Cause Explain(V1PersistentVolumeClaim claim, WhyFacts f)
    {
        var about = f.About("PersistentVolumeClaim", claim.Metadata.Name);
        if (claim.Metadata.DeletionTimestamp is not null)
            return Cause.Blocked(about, "Terminating", "is being deleted, so no new pod may use it.", "wait until it is gone and create it anew", DeletionCauses.Held("PersistentVolumeClaim", "pvc", claim.Metadata, f));
        if (claim.Status?.Phase == "Bound") return Cause.AsAsked(about, "Bound", $"is bound to the volume {claim.Spec?.VolumeName}.");
        if (claim.Status?.Phase == "Lost") return Cause.Blocked(about, "Lost", $"has lost its volume {claim.Spec?.VolumeName}, and the data with it.", "restore the data into a new claim and name that one");
        return Pending(about, claim, f);
    }

    public static Cause Explain(JsonObject volume, WhyFacts f)
    {
        var name = volume["metadata"]?["name"]?.ToString() ?? "";
        var about = f.About("DataVolume", name);
        var phase = volume["status"]?["phase"]?.ToString() ?? "";
        var running = (volume["status"]?["conditions"] as JsonArray)?.OfType<JsonObject>().FirstOrDefault(c => c["type"]?.ToString() == "Running");
        var said = WhyFacts.Sentence(running?["message"]?.ToString());
        switch (phase)
        {
            case "Succeeded": return Cause.AsAsked(about, phase, "is filled.");
            case "Failed": return Cause.Blocked(about, phase, $"could not be filled. {said}".TrimEnd(), $"mend its source (kubectl -n {f.Namespace} describe dv {name}), then delete it so that it is made anew");
            case "WaitForFirstConsumer" or "PendingPopulation": return Cause.Waits(about, phase, "is filled as soon as a guest that uses it is placed on a node.");
            case "" or "Unset":
                return Cause.Blocked(about, "NotHandled", "nobody has taken it up.", "see that CDI is installed and runs: kubectl get pods -A -l cdi.kubevirt.io");
            default:
                var failing = running?["status"]?.ToString() == "False" && running["reason"]?.ToString() is "Error" or "ImagePullFailed" or "TransferRunning" && said.Length > 0;
                var progress = volume["status"]?["progress"]?.ToString() is { Length: > 0 } done and not "N/A" ? $", {done} done" : "";
                var restarts = volume["status"]?["restartCount"]?.ToString() is { Length: > 0 } count && count != "0" ? $"; its worker was restarted {count} times" : "";
                return failing && restarts.Length > 0
                    ? Cause.Blocked(about, phase, $"is being filled ({phase}{progress}){restarts}. {said}", $"kubectl -n {f.Namespace} describe dv {name}; its source may be out of reach")
                    : Cause.Waits(about, phase, $"is being filled ({phase}{progress}){restarts}. {said}".TrimEnd());
        }
    }

    private static Cause Pending(string about, V1PersistentVolumeClaim claim, WhyFacts f)
    {
        var warning = f.Warnings("PersistentVolumeClaim", claim.Metadata.Name).FirstOrDefault();
        if (claim.Spec?.StorageClassName is not { Length: > 0 } wanted)
        {
            return f.StorageClasses.Any(IsDefault)
                ? Cause.Waits(about, "Pending", "waits for a volume of the default storage class.")
                : Cause.Blocked(about, "NoStorageClass", "names no storage class, and there is no default one.", "name one in spec.storageClassName, or mark one as default: kubectl annotate storageclass NAME storageclass.kubernetes.io/is-default-class=true");
        }

        if (f.StorageClasses.FirstOrDefault(c => c.Metadata.Name == wanted) is not { } found)
            return Cause.Blocked(about, "StorageClassNotFound", $"asks for the storage class {wanted}, which does not exist.", "kubectl get storageclass lists those that there are");
        if (warning is not null) return Cause.Blocked(about, warning.Reason, $"could not be provisioned. {WhyFacts.Sentence(warning.Message)}", $"mend what the provisioner {found.Provisioner} says; it tries again by itself");
        return found.VolumeBindingMode == "WaitForFirstConsumer"
            ? Cause.Waits(about, "WaitForFirstConsumer", "is bound as soon as a pod that uses it is placed on a node.")
            : Cause.Waits(about, "Pending", $"waits for {found.Provisioner} to make a volume.", $"kubectl -n {f.Namespace} describe pvc {claim.Metadata.Name}");
    }

    private static bool IsDefault(V1StorageClass c) => c.Metadata.Annotations?.TryGetValue("storageclass.kubernetes.io/is-default-class", out var value) == true && value == "true";
}
