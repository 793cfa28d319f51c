import { useLocalStorage } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useEffect } from "react";
import { domainQuery } from "../api/domains.ts";

const storageKey = "tessera-domain";

/**
 * The domain of the page, or else the one entered last in this browser. Its data are `undefined`
 * while they load and when the person may not see the domain any more.
 */
export function useCurrentDomain() {
  const { domainId: ofPage } = useParams({ strict: false });
  const [entered, setEntered] = useLocalStorage<string>({
    key: storageKey,
    defaultValue: "",
    getInitialValueInEffect: false,
  });
  const domainId = ofPage ?? (entered === "" ? undefined : entered);
  const { data, isPending } = useQuery({
    ...domainQuery(domainId ?? ""),
    enabled: domainId !== undefined,
  });
  useEffect(() => {
    if (ofPage !== undefined && data?.id === ofPage) setEntered(ofPage);
  }, [ofPage, data?.id, setEntered]);
  return { domain: data, isPending: isPending && domainId !== undefined };
}

/** For a domain that one is in no more: another page does not begin with it. */
export function useForgetDomain(): (domainId: string) => void {
  const [entered, , remove] = useLocalStorage({ key: storageKey, defaultValue: "" });
  return (domainId) => {
    if (entered === domainId) remove();
  };
}

/** For signing out: the next person of this browser begins without a domain. */
export function forgetDomain(): void {
  localStorage.removeItem(storageKey);
}
