using Dovetail.ApiServer.Registry;
using Dovetail.Machinery.Endpoints;
using Dovetail.Runtime.Caches;
using Dovetail.Runtime.Controllers;
using Dovetail.Runtime.Engines;
using Dovetail.Runtime.Seam;
using Dovetail.Store;
using Dovetail.Workloads.Identity;
using Dovetail.Workloads.Kinds;
using k8s;
using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Dovetail.Workloads.Tests;

/// <summary>The built-in controllers over the real registry, on a clock that the test turns and a loop that it pumps: after each call everything that follows from it has happened.</summary>
internal sealed class SteppedWorld
{
    public const string Node = "node-1";
    private const string LeaseNamespace = "kube-node-lease";

    private readonly FakeTimeProvider time = new(new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero));
    private readonly Loop loop = new();
    private CancellationTokenSource stop = new();

    private readonly ICredentialIssuer? issuer;

    /// <param name="issuer">With one, the controllers of who is who run too.</param>
    public SteppedWorld(ICredentialIssuer? issuer = null)
    {
        this.issuer = issuer;
        Clock = new SkewedTime(time);
        Line = new CutApi(new ObjectRegistry(new ObjectRegistryOptions { Store = new MemoryRevisionStore(), Time = Clock }));
        Api = new EmbeddedKubeApi(Line, UserInfo.Component("test"), new ParsedRevisions());
        foreach (var name in new[] { "default", LeaseNamespace }) Create(BuiltInTypes.Namespaces, new V1Namespace { Metadata = new V1ObjectMeta { Name = name } });
        StartControllers();
    }

    public SkewedTime Clock { get; }

    public CutApi Line { get; }

    private EmbeddedKubeApi Api { get; }

    /// <summary>The controllers end, and others without a memory of theirs begin.</summary>
    public void RestartControllers()
    {
        loop.Run(stop.Cancel);
        StartControllers();
    }

    /// <summary>Time goes by, a second at a time, while <paramref name="meanwhile"/> happens every ten seconds.</summary>
    public void Pass(TimeSpan duration, Action? meanwhile = null)
    {
        for (var second = 0; second < duration.TotalSeconds; second++)
        {
            loop.Run(() => time.Advance(TimeSpan.FromSeconds(1)));
            if (second % 10 == 9) meanwhile?.Invoke();
        }
    }

    public T Create<T>(ResourceType<T> type, T obj)
        where T : class, IKubernetesObject<V1ObjectMeta> => Do(() => Api.CreateAsync(type, obj, default));

    public T? Find<T>(ResourceType<T> type, string ns, string name)
        where T : class, IKubernetesObject<V1ObjectMeta> => Do(() => Api.FindAsync(type, ns, name, default));

    public IReadOnlyList<T> List<T>(ResourceType<T> type)
        where T : class, IKubernetesObject<V1ObjectMeta> => Do(() => Api.ListAsync(type, "", new ListOptions(), default)).Items;

    public void Delete<T>(ResourceType<T> type, string ns, string name)
        where T : class, IKubernetesObject<V1ObjectMeta> => loop.Run(() => _ = Api.DeleteAsync(type, ns, name, new DeleteOptions(), default));

    public void SetStatus<T>(ResourceType<T> type, string ns, string name, Action<T> change)
        where T : class, IKubernetesObject<V1ObjectMeta> => Replace(type, ns, name, "status", change);

    public void Replace<T>(ResourceType<T> type, string ns, string name, string subresource, Action<T> change)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        var copy = type.Copy(Find(type, ns, name)!);
        change(copy);
        Do(() => Api.ReplaceAsync(type, copy, subresource, default));
    }

    /// <summary>A node that says that it is ready.</summary>
    public void Register()
    {
        Create(BuiltInTypes.Nodes, new V1Node { Metadata = new V1ObjectMeta { Name = Node } });
        SayReady();
    }

    public void SayReady() => SetStatus(BuiltInTypes.Nodes, "", Node, node => node.Status = new V1NodeStatus
    {
        Conditions = [new V1NodeCondition { Type = "Ready", Status = "True", LastHeartbeatTime = Clock.GetUtcNow().UtcDateTime }],
    });

    /// <summary>The node agent's heartbeat, with whatever time its clock shows.</summary>
    public void Beat(DateTime shown)
    {
        var spec = new V1LeaseSpec { HolderIdentity = Node, LeaseDurationSeconds = 40, RenewTime = shown };
        if (Find(BuiltInTypes.Leases, LeaseNamespace, Node) is not { } lease)
        {
            Create(BuiltInTypes.Leases, new V1Lease { Metadata = new V1ObjectMeta { NamespaceProperty = LeaseNamespace, Name = Node }, Spec = spec });
            return;
        }

        var renewed = BuiltInTypes.Leases.Copy(lease);
        renewed.Spec = spec;
        Do(() => Api.ReplaceAsync(BuiltInTypes.Leases, renewed, "", default));
    }

    /// <summary>A pod; on a node it runs and is ready.</summary>
    public void Run(string name, string? node)
    {
        Create(BuiltInTypes.Pods, new V1Pod
        {
            Metadata = new V1ObjectMeta { NamespaceProperty = "default", Name = name },
            Spec = new V1PodSpec { NodeName = node, SchedulerName = "nobody", Containers = [new V1Container { Name = "c", Image = "i" }] },
        });
        if (node is not null)
            SetStatus(BuiltInTypes.Pods, "default", name, pod => pod.Status = new V1PodStatus { Phase = "Running", Conditions = [new V1PodCondition { Type = "Ready", Status = "True" }] });
    }

    public V1Pod? Pod(string name) => Find(BuiltInTypes.Pods, "default", name);

    public string? Condition(string type) => Find(BuiltInTypes.Nodes, "", Node)?.Status?.Conditions?.FirstOrDefault(condition => condition.Type == type)?.Status;

    private void StartControllers()
    {
        stop = new CancellationTokenSource();
        var random = new Random(1);
        var caches = new SharedCaches(Api, Clock, random, NullLogger<SharedCaches>.Instance);
        var controllers = new WorkloadControllers(Api, caches, Clock, random, NullLoggerFactory.Instance).Create([], new ServedKinds(caches.For(BuiltInTypes.CustomResourceDefinitions)));
        var identity = issuer is null ? [] : new IdentityControllers(Api, caches, issuer, Clock, random, NullLoggerFactory.Instance).Create();
        loop.Run(() => _ = new ControllerHost(caches, [.. controllers, .. identity], null, Clock, random, NullLogger<ControllerHost>.Instance).RunAsync(stop.Token));
    }

    private T Do<T>(Func<Task<T>> call)
    {
        Task<T>? done = null;
        loop.Run(() => done = call());
        return done!.IsCompleted ? done.GetAwaiter().GetResult() : throw new InvalidOperationException("the call waits for something that will not come");
    }
}
