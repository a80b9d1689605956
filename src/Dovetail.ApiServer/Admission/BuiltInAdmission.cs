using System.Collections.Immutable;
using Dovetail.Machinery.Admission;
using Dovetail.Store;

namespace Dovetail.ApiServer.Admission;

/// <summary>The admission plugins that kube-apiserver runs by default and that need nothing but the store, in its order.</summary>
public static class BuiltInAdmission
{
    public static ImmutableArray<IAdmissionPlugin> Plugins(IRevisionStore store) =>
    [
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
