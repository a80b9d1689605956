using System.Collections.Immutable;

namespace Dovetail.Virt.Domain;

/// <summary>What is known about the place where a guest will run; with the VMI's spec it determines the domain.</summary>
public sealed record DomainFacts
{
    /// <summary>KVM runs code on this node. False: QEMU emulates the CPU.</summary>
    public required bool UseKvm { get; init; }

    /// <summary>GOARCH of the guest: amd64.</summary>
    public string Architecture { get; init; } = "amd64";

    /// <summary>Machine type where the spec names none.</summary>
    public string DefaultMachine { get; init; } = "q35";

    /// <summary>Folder of the UEFI firmware.</summary>
    public string FirmwareFolder { get; init; } = "/usr/share/OVMF";

    /// <summary>The interfaces, in the order of the spec (one that admission added included), with what the platform gave them.</summary>
    public ImmutableArray<InterfaceFacts> Interfaces { get; init; } = [];
}

/// <summary>What the platform gave an interface.</summary>
/// <param name="Name">Of the interface in the spec.</param>
/// <param name="Tap">The tap device in the pod's network namespace.</param>
/// <param name="Mac">Its MAC address; the spec's where that has one.</param>
public sealed record InterfaceFacts(string Name, string Tap, string Mac);
