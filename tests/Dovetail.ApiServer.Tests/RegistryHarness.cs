using System.Text;
using System.Text.Json.Nodes;
using Dovetail.ApiServer.Registry;
using Dovetail.Machinery.Admission;
using Dovetail.Machinery.Endpoints;
using Dovetail.Machinery.Errors;
using Dovetail.Runtime.Tests;
using Dovetail.Store;
using Microsoft.Extensions.Time.Testing;

namespace Dovetail.ApiServer.Tests;

/// <summary>A registry over a memory store on virtual time, with the namespace <c>demo</c>.</summary>
internal sealed class RegistryHarness
{
    public static readonly UserInfo Admin = new("admin", [UserInfo.MastersGroup, "system:authenticated"]);

    public RegistryHarness(params IAdmissionPlugin[] admission)
        : this(_ => admission)
    {
    }

    /// <param name="admission">Plugins that read the store.</param>
    /// <param name="store">Makes another store than the one in memory.</param>
    public RegistryHarness(Func<IRevisionStore, IEnumerable<IAdmissionPlugin>> admission, Func<TimeProvider, IRevisionStore>? store = null)
    {
        Clock = new SkewedTime(Time);
        Store = store?.Invoke(Time) ?? new MemoryRevisionStore();
        Registry = new ObjectRegistry(new ObjectRegistryOptions { Store = Store, Time = Clock, Admission = [.. admission(Store)], Randomness = new CountingRandomness() });
        Create("", "v1", "namespaces", "", """{"metadata":{"name":"demo"}}""");
    }

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));

    /// <summary>The clock on the wall, which goes as <see cref="Time"/> does and can be set.</summary>
    public SkewedTime Clock { get; }

    public IRevisionStore Store { get; }

    public ObjectRegistry Registry { get; }

    public static ObjectTarget Target(string group, string version, string resource, string ns = "", string name = "", string subresource = "") =>
        new() { User = Admin, Group = group, Version = version, Resource = resource, Namespace = ns, Name = name, Subresource = subresource };

    public static ObjectTarget ConfigMaps(string name = "") => Target("", "v1", "configmaps", "demo", name);

    public JsonObject Create(string group, string version, string resource, string ns, string json) => Create(Target(group, version, resource, ns), json);

    public JsonObject Create(ObjectTarget target, string json, WriteOptions? options = null) => Tree(Done(Registry.CreateAsync(target, Utf8(json), options ?? new(), default)).Object);

    public JsonObject Update(ObjectTarget target, JsonObject obj, WriteOptions? options = null) => Tree(Done(Registry.UpdateAsync(target, Utf8(obj.ToJsonString()), options ?? new(), default)).Object);

    public JsonObject Merge(ObjectTarget target, string patch) => Tree(Done(Registry.PatchAsync(target, PatchType.Merge, Utf8(patch), new(), default)).Object);

    public JsonObject Get(ObjectTarget target) => Tree(Done(Registry.GetAsync(target, "", default)));

    public WriteResult Delete(ObjectTarget target, DeleteOptions? options = null) => Done(Registry.DeleteAsync(target, options ?? new(), default));

    public ObjectListing List(ObjectTarget target, ListOptions? options = null) => Done(Registry.ListAsync(target, options ?? new(), default));

    public static ApiStatus Refused(Action act) => Should.Throw<StatusException>(act).Status;

    public static JsonObject Tree(ObjectBytes bytes) => (JsonObject)JsonNode.Parse(bytes.Json.Span)!;

    public static ReadOnlyMemory<byte> Utf8(string json) => Encoding.UTF8.GetBytes(json);

    /// <summary>Nothing here waits: the store is memory.</summary>
    public static T Done<T>(ValueTask<T> task)
    {
        task.IsCompleted.ShouldBeTrue("the registry waited for something");
        return task.GetAwaiter().GetResult();
    }
}
