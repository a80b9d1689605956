using Dovetail.Api.KubeVirt;

namespace Dovetail.Simulation.Tests.Scenarios;

/// <summary>
/// What the user knows of one VM: what was acknowledged must be so, and what got lost on the way may be so or not.
/// </summary>
internal sealed class Ledger
{
    /// <summary>True or false when it was acknowledged; null when the user cannot know.</summary>
    public bool? Exists { get; private set; } = false;

    /// <summary>What spec.runStrategy may be.</summary>
    public HashSet<string> Strategies { get; } = [];

    /// <summary>What the user's own annotation may say.</summary>
    public HashSet<string> Notes { get; } = [];

    /// <summary>A paused start that waits in the VM's status switches a halted VM on whenever it gets there.</summary>
    public bool StartMayWait { get; private set; }

    /// <summary>Instances that were to be replaced by an acknowledged restart.</summary>
    public HashSet<string> Replaced { get; } = [];

    public void Created(string strategy, string note, bool acknowledged)
    {
        if (acknowledged)
        {
            Exists = true;
            Strategies.Clear();
            Notes.Clear();
            StartMayWait = false;
        }
        else
        {
            Exists = Exists == false ? null : Exists;
        }

        Strategies.Add(strategy);
        Notes.Add(note);
    }

    public void Switched(string strategy, string note, bool acknowledged)
    {
        if (acknowledged)
        {
            Strategies.Clear();
            Notes.Clear();
        }

        Strategies.Add(strategy);
        Notes.Add(note);
    }

    public void Started(bool paused)
    {
        if (Strategies.Contains(RunStrategies.Halted)) Strategies.Add(RunStrategies.Always);
        StartMayWait |= paused;
    }

    public void Stopped()
    {
        if (Strategies.Contains(RunStrategies.Always) || Strategies.Contains(RunStrategies.Once)) Strategies.Add(RunStrategies.Halted);
    }

    public void Deleted(bool acknowledged) => Exists = acknowledged ? false : Exists == true ? null : Exists;

    /// <summary>Whether the VM and its instance may be as they are found.</summary>
    public string? Contradicts(VirtualMachine vm, VirtualMachineInstance? vmi)
    {
        var strategy = vm.Spec?.RunStrategy ?? "";
        if (!Strategies.Contains(strategy) && !(StartMayWait && strategy == RunStrategies.Always && Strategies.Contains(RunStrategies.Halted)))
            return $"VM {vm.Metadata.Name} has run strategy {strategy}, but {string.Join(" or ", Strategies)} was acknowledged";
        // A guest that runs once is not restarted, whoever asks.
        if (vmi is not null && strategy != RunStrategies.Once && Replaced.Contains(vmi.Metadata.Uid))
            return $"the restart of VM {vm.Metadata.Name} was acknowledged, and instance {vmi.Metadata.Uid} is still there";
        var note = vm.Metadata.Annotations?.TryGetValue(User.Note, out var text) == true ? text : "";
        return Notes.Contains(note) ? null : $"VM {vm.Metadata.Name} has lost an acknowledged edit: its note is \"{note}\", not {string.Join(" or ", Notes)}";
    }
}
