using System.Collections.Immutable;

namespace Dovetail.Api;

/// <summary>A CustomResourceDefinition as JSON.</summary>
public sealed record CrdManifest(string Name, ReadOnlyMemory<byte> Json);

/// <summary>
/// The CustomResourceDefinitions of <see cref="ApiTypes.All"/>. They are generated from the wire types by the tests of this project and kept in deploy/crds, so that a change
/// of a type shows up as a change of the API.
/// </summary>
public static class KubeVirtCrds
{
    public static ImmutableArray<CrdManifest> All { get; } = [.. ApiTypes.All.Select(type => new CrdManifest(type.CrdName, Read(type.CrdName)))];

    private static byte[] Read(string crdName)
    {
        using var stream = typeof(KubeVirtCrds).Assembly.GetManifestResourceStream($"crds/{crdName}.json")
            ?? throw new InvalidOperationException($"deploy/crds/{crdName}.json was not embedded");
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
