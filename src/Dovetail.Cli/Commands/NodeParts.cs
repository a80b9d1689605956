using Dovetail.Cli.Platform;
using Dovetail.Node;
using Dovetail.Node.Host;
using Dovetail.Node.Parts;

namespace Dovetail.Cli.Commands;

/// <summary>The processes that the node agent keeps beside itself.</summary>
internal static class NodeParts
{
    public static ProcessId? FindAlive(DataDirectory data, string part) =>
        new PartRecords(new NodePaths(data.InstanceId, data.Root)).Find(part) is { Process: { IsAlive: true } process } ? process : null;
}
