using System.Collections.Immutable;
using Dovetail.ApiServer.Registry;
using Dovetail.Machinery.Admission;
using Dovetail.Store;

namespace Dovetail.ApiServer.Admission;

/// <summary>The admission plugins that kube-apiserver runs by default and that need nothing but the store, in its order.</summary>
public static class BuiltInAdmission
{
    public static ImmutableArray<IAdmissionPlugin> Plugins(IRevisionStore store, Randomness randomness) =>
    [
        new ServiceAccountPlugin(store, randomness),
        new PriorityPlugin(store),
        new PriorityClassPlugin(store),
        new DefaultTolerationSecondsPlugin(),
        new DefaultStorageClassPlugin(store),
        .. StorageObjectInUsePlugin.All,
        new VolumeClaimResizePlugin(store),
        new RuntimeClassPlugin(store),
        new DefaultIngressClassPlugin(store),
    ];
}
