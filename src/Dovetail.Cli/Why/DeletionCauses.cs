using k8s.Models;

namespace Dovetail.Cli.Why;

/// <summary>Who holds an object that is to be deleted.</summary>
internal static class DeletionCauses
{
    /// <summary>One cause a finalizer that is not the object's own controller's ordinary one.</summary>
    /// <param name="kind">The object's kind.</param>
    /// <param name="resource">What kubectl calls it.</param>
    public static IEnumerable<Cause> Held(string kind, string resource, V1ObjectMeta metadata, WhyFacts f)
    {
        foreach (var finalizer in metadata.Finalizers ?? [])
        {
            var about = WhyFacts.Describe(kind, metadata.NamespaceProperty ?? "", metadata.Name);
            if (Owner(finalizer) is not { } owner)
            {
                yield return Cause.Blocked(
                    about,
                    "UnknownFinalizer",
                    $"the finalizer {finalizer} holds it, which no part of this platform owns.",
                    $"have whoever set it ({finalizer.Split('/')[0]}) finish; if it is gone for good: kubectl{Ns(metadata)} patch {resource} {metadata.Name} --type=json -p '[{{\"op\":\"remove\",\"path\":\"/metadata/finalizers/{metadata.Finalizers!.IndexOf(finalizer)}\"}}]'");
                continue;
            }

            var part = owner == "virt-controller" ? EngineCauses.Part(f, owner) : null;
            yield return Cause.Waits(about, "Finalizer", $"the finalizer {finalizer} holds it until {owner} has cleaned up.", null, part is null ? null : [part]);
        }
    }

    /// <summary>The part that takes a finalizer off.</summary>
    public static string? Owner(string finalizer) => finalizer switch
    {
        "kubevirt.io/virtualMachineControllerFinalize" or "kubevirt.io/foregroundDeleteVirtualMachine" or "foregroundDeleteVirtualMachine" => "virt-controller",
        "snapshot.kubevirt.io/vmrestore-protection" or "snapshot.kubevirt.io/vmsnapshot-protection" => "the restore or snapshot that uses it",
        "pool.kubevirt.io/finalizer" => "virt-controller",
        "foregroundDeletion" => "the garbage collector, which waits for its dependents",
        "orphan" => "the garbage collector, which frees its dependents",
        "kubernetes.io/pvc-protection" => "the last pod that uses the claim",
        "kubernetes.io/pv-protection" => "the claim that is bound to it",
        "kubernetes" => "the namespace controller",
        _ => null,
    };

    private static string Ns(V1ObjectMeta metadata) => string.IsNullOrEmpty(metadata.NamespaceProperty) ? "" : $" -n {metadata.NamespaceProperty}";
}
